import torch

from lib.hierarchical_triplet import class_distances, hierarchical_margins, neighborhoods, tree_distances


def test_class_distances_by_loops(device):
    points, labels = torch.randn(9, 3, device=device), torch.tensor([0, 1, 2, 0, 1, 2, 2, 1, 1], device=device)
    found = class_distances(points, labels)
    for p in range(3):
        for q in range(3):
            each = [
                (points[i] - points[j]).square().sum().item()
                for i in range(9) for j in range(9)
                if labels[i] == p and labels[j] == q and i != j
            ]  # fmt: skip
            torch.testing.assert_close(found[p, q].item(), sum(each) / len(each), atol=1e-4, rtol=1e-4)


def two_families():
    """Classes 0 and 1 are near each other, 2 and 3 too, the families far apart; within a class 0.1."""
    distances = torch.full((4, 4), 3.0)
    distances[0, 1] = distances[1, 0] = 0.5
    distances[2, 3] = distances[3, 2] = 0.8
    return distances.fill_diagonal_(0.1)


def test_near_classes_part_low_in_the_tree_and_families_high(device):
    distances = two_families().to(device)
    tree = tree_distances(distances, levels=39)  # steps of 0.1
    torch.testing.assert_close(tree[0, 1].item(), 0.5, atol=1e-5, rtol=0)
    torch.testing.assert_close(tree[2, 3].item(), 0.8, atol=1e-5, rtol=0)
    torch.testing.assert_close(tree[:2, 2:].cpu(), torch.full((2, 2), 3.0), atol=1e-5, rtol=0)
    assert torch.equal(tree, tree.T) and not tree.diagonal().any()


def test_thresholds_are_never_below_the_distance_and_less_than_a_step_above():
    distances = two_families()
    tree, exact = tree_distances(distances, levels=4), tree_distances(distances, levels=3900)
    off = ~torch.eye(4, dtype=torch.bool)
    assert (tree >= exact - 1e-3)[off].all() and (tree < exact + 0.98)[off].all()


def test_margins_grow_with_the_level_at_which_classes_part():
    distances, labels = two_families(), torch.tensor([0, 0, 1, 2])
    tree = tree_distances(distances, levels=39)
    triplets = torch.tensor([[0, 1, 2], [0, 1, 3]])
    found = hierarchical_margins(triplets, labels, tree, distances.diagonal())
    torch.testing.assert_close(found, torch.tensor([0.1 + 0.5 - 0.1, 0.1 + 3.0 - 0.1]), atol=1e-5, rtol=0)


def test_the_spread_that_counts_is_that_of_the_anchors_class():
    tree, within = torch.tensor([[0.0, 2.0], [2.0, 0.0]]), torch.tensor([0.3, 0.8])
    triplets, labels = torch.tensor([[0, 1, 2], [2, 3, 0]]), torch.tensor([0, 0, 1, 1])
    found = hierarchical_margins(triplets, labels, tree, within, beta=0.1)
    torch.testing.assert_close(found, torch.tensor([0.1 + 2 - 0.3, 0.1 + 2 - 0.8]))


def test_a_neighborhood_is_a_class_and_its_nearest():
    generator = torch.Generator().manual_seed(0)
    seen = {tuple(neighborhoods(two_families(), 1, 2, generator).tolist()) for _ in range(30)}
    assert seen == {(0, 1), (2, 3)}
    assert len(neighborhoods(two_families(), 4, 2)) == 4
