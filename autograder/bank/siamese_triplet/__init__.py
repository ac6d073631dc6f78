"""The exercises of 12-siamese-triplet, one file each, in the notebook's order."""

from autograder.bank.siamese_triplet import (
    contrastive_loss,
    equal_error_rate,
    hadsell_loss,
    hardest_triplets,
    mean_average_precision_at_r,
    normalized_mutual_information,
    proxy_nca_loss,
    recall_at_k,
    semi_hard_triplets,
    squared_distances,
    train_embedding,
    triplet_loss,
    verification_rates,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        squared_distances,
        contrastive_loss,
        hadsell_loss,
        triplet_loss,
        hardest_triplets,
        semi_hard_triplets,
        train_embedding,
        recall_at_k,
        mean_average_precision_at_r,
        normalized_mutual_information,
        verification_rates,
        equal_error_rate,
        proxy_nca_loss,
    )
)
