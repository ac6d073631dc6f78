"""A network learns to embed: batch by batch it pulls apart classes that it has, for classes that it never will have.

    rows of the batch → embeddings → a loss of the embeddings and their labels → one step of Adam

Nothing in the loop depends on the number of classes, and nothing that is learned belongs to one of them. So the network
can be asked about classes that did not exist when it was trained.

Schroff, Kalenichenko, Philbin 2015, "FaceNet", section 3; Loshchilov and Hutter 2017, "SGDR", eq. 5, for the cosine.
"""

import torch


def train_embedding(network, images, labels, batches, loss, rate, unseen):
    """Train a network by a loss on its embeddings, then embed images of classes that it has not seen.

    network: an nn.Module from images to embeddings (N, D); it is trained in place.
    images:  (N, C, H, W), the training data, with labels (N,).
    batches: a list of index tensors, rows of the training data; one step of Adam for each.
    loss:    a function from embeddings (B, D) and labels (B,) to one number.
    rate:    of the first step. Step n = 0, 1, ... of S has rate · (1 + cos(π n / S)) / 2.
    unseen:  (U, C, H, W), images of other classes.
    returns: (U, D), their embeddings after training, in eval mode and without a graph.

    Schroff et al. 2015, section 3, with Adam.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))
    network.train()
    for batch in batches:
        optimizer.zero_grad()
        loss(network(images[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        return network(unseen)
