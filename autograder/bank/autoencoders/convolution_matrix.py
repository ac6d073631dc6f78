import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import transposed_convolution as reference


def _kernel(rows, columns, height, width, dtype=torch.float32):
    return lambda g: (normal(g, rows, columns, dtype=dtype), height, width)


def _by_hand(g):
    return torch.tensor([[1.0, 2], [3, 4]]), 2, 3


def _padded(kernel, height, width):
    pixels = torch.eye(height * width, dtype=kernel.dtype).view(-1, 1, height, width)
    rows, columns = kernel.shape
    larger = F.pad(pixels, ((columns - 1) // 2, columns // 2, (rows - 1) // 2, rows // 2))
    return F.conv2d(larger, kernel[None, None]).flatten(1).T


def _wrapped(kernel, height, width):
    """Every row a shifted copy of the first, as if the image were one long row."""
    rows, columns = kernel.shape
    first = F.pad(kernel, (0, width - columns)).flatten()
    first = F.pad(first, (0, height * width - len(first)))
    count = (height - rows + 1) * (width - columns + 1)
    return torch.stack([first.roll(step) for step in range(count)])


def _by_columns(kernel, height, width):
    return reference.convolution_matrix(kernel.T.contiguous(), width, height)


EXERCISE = Exercise(
    reference.convolution_matrix,
    cases=(
        Case("a 2 × 2 kernel on 2 × 3 pixels by hand", _by_hand, random=False),
        Case("3 × 3 on 5 × 5", _kernel(3, 3, 5, 5)),
        Case("2 × 3 on 4 × 6", _kernel(2, 3, 4, 6)),
        Case("3 × 1 on 6 × 4", _kernel(3, 1, 6, 4)),
        Case("as large as the image", _kernel(3, 4, 3, 4)),
        Case("1 × 1", _kernel(1, 1, 2, 3)),
        Case("double precision", _kernel(2, 2, 4, 3, torch.float64)),
    ),
    mistakes=(
        Mistake("the transpose", lambda *inputs: reference.convolution_matrix(*inputs).T,
                "this is the transpose, the matrix of the next exercise. A row belongs to a number that comes out, a"
                " column to a pixel that goes in."),
        Mistake("kernel turned over", lambda k, h, w: reference.convolution_matrix(k.flip(0, 1), h, w),
                "your kernel is upside down and back to front. That is how mathematicians convolve; networks "
                "multiply the kernel with the patch as it lies."),
        Mistake("with a border", _padded,
                "you put a border of zeros around the image. Without one, the kernel has only those places where it "
                "lies on the image as a whole."),
        Mistake("rows run on into the next", _wrapped,
                "each row of yours is the one above, shifted by one. At the end of a line the kernel then hangs over"
                " into the next line; it has to jump to the line's beginning instead."),
        Mistake("kernel transposed",
                lambda k, h, w: reference.convolution_matrix(k.T.contiguous(), h, w),
                "rows and columns of your kernel have changed places. Kernel and image are both read row by row."),
        Mistake("pixels counted column by column", _by_columns,
                "you count pixels column by column. They are laid out row by row, as flatten does."),
    ),
    points=2,
    success="9 weights, 225 places, and most of them empty. Multiplying by it is a convolution; so what is multiplying "
    "by its transpose?",
)  # fmt: skip
