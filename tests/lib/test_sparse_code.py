import torch

from lib.sparse_code import sparse_loss


def test_by_double_loops(device):
    images, made = torch.rand(2, 3, 2, 4, 5, device=device)
    codes = torch.randn(3, 7, device=device)
    found = sparse_loss(images, made, codes, 0.3, 0.2)
    for n in range(3):
        expected = sum((a - b) ** 2 for a, b in zip(images[n].flatten(), made[n].flatten())) / 40
        expected = expected + sum(0.3 * h.abs() + 0.2 * h**2 for h in codes[n])
        torch.testing.assert_close(found[n], expected)


def test_without_prices_it_is_the_error_and_a_silent_code_is_free():
    images, made, codes = torch.rand(2, 1, 3, 3), torch.rand(2, 1, 3, 3), torch.randn(2, 4)
    error = (images - made).square().mean(dim=(1, 2, 3))
    torch.testing.assert_close(sparse_loss(images, made, codes, 0, 0), error)
    torch.testing.assert_close(sparse_loss(images, made, 0 * codes, 5, 5), error)


def test_it_has_the_gradient_of_its_formula():
    images, made = torch.rand(2, 2, 1, 2, 2).double()
    codes = (torch.randn(2, 3).double().sign() * (0.5 + torch.rand(2, 3))).requires_grad_()
    assert torch.autograd.gradcheck(lambda h, y: sparse_loss(images, y, h, 0.3, 0.2), (codes, made.requires_grad_()))


def test_l1_makes_zeros_and_l2_makes_everything_small():
    """Of a code that may be the image itself, the best is known: soft thresholding, or a factor."""
    images = torch.linspace(-1, 1, 21).view(1, 1, 3, 7)
    for l1, l2 in ((0.02, 0.0), (0.0, 0.05)):
        codes = torch.randn(1, 21).requires_grad_()
        optimizer = torch.optim.LBFGS([codes], max_iter=300, line_search_fn="strong_wolfe")

        def closure(codes=codes, optimizer=optimizer, prices=(l1, l2)):
            optimizer.zero_grad()
            loss = sparse_loss(images, codes.view_as(images), codes, *prices).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        flat = images.flatten(1)
        best = flat.sign() * (flat.abs() - l1 * 21 / 2).relu() / (1 + 21 * l2)
        torch.testing.assert_close(codes.detach(), best, atol=0.02, rtol=0)
        assert (codes.abs() < 0.01).sum() == (5 if l1 else 1)
