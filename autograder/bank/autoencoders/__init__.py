"""The exercises of 11-autoencoders, one file each, in the notebook's order."""

from autograder.bank.autoencoders import (
    convolution_matrix,
    convolutional_autoencoder,
    corrupt,
    decode,
    denoising_loss,
    encode,
    gaussian_kl,
    interpolate_latent,
    principal_angles,
    sparse_loss,
    train_linear_autoencoder,
    transposed_convolution,
    unpool_to_corners,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        principal_angles,
        train_linear_autoencoder,
        encode,
        decode,
        interpolate_latent,
        convolution_matrix,
        transposed_convolution,
        unpool_to_corners,
        convolutional_autoencoder,
        corrupt,
        denoising_loss,
        sparse_loss,
        gaussian_kl,
    )
)
