"""Are these two the same? One number decides: a pair is accepted if its squared distance is at most a threshold τ.

    FAR(τ)  the share of pairs of two classes that are accepted      false acceptance
    FRR(τ)  the share of pairs of one class that are rejected        false rejection

As τ grows, FAR rises and FRR falls. All points (FAR, 1 − FRR) are the ROC curve. Where both errors are equal is the
equal error rate; with finitely many pairs both jump, and we take the τ at which the larger one is smallest.

Schroff, Kalenichenko, Philbin 2015, "FaceNet", section 4, where 1 − FRR is VAL.
"""

import torch


def verification_rates(squared, same, thresholds):
    """The two errors of a verification, for each of several thresholds.

    squared:    (P,), the squared distances of pairs.
    same:       (P,) bool, whether a pair is of one class. Both kinds occur.
    thresholds: (K,). A pair is accepted if its squared distance is at most the threshold.
    returns:    (false_accept, false_reject), each (K,): the share of pairs of two classes that
                are accepted, and the share of pairs of one class that are rejected.

    Schroff et al. 2015, section 4.
    """
    impostors, genuine = squared[~same].sort().values, squared[same].sort().values
    accepted = torch.searchsorted(impostors, thresholds, right=True)
    rejected = len(genuine) - torch.searchsorted(genuine, thresholds, right=True)
    return accepted / len(impostors), rejected / len(genuine)


def equal_error_rate(squared, same):
    """The error of the threshold that treats both kinds of pairs equally.

    squared: (P,), the squared distances of pairs.
    same:    (P,) bool. Both kinds occur.
    returns: one number, a tensor without axes: the smallest value, over all thresholds, of the
             larger one of false_accept and false_reject. Only the distances that occur need be
             tried as thresholds.
    """
    false_accept, false_reject = verification_rates(squared, same, squared.unique())
    return torch.maximum(false_accept, false_reject).min()
