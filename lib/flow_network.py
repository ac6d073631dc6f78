"""Small networks that look at two pictures and say where every pixel has gone.

    stacked        the two pictures as one of six channels; the network must find out by itself what comparing is
    correlated     both pictures through the same first layers, then the correlation layer, then as above

Both go down to an eighth of the size, make a coarse flow there, and refine it step by step on the way up, from the
features of that size, the upsampled features and the upsampled flow. Each size has a flow of its own, and each is
trained.

Dosovitskiy et al. 2015, "FlowNet: Learning Optical Flow with Convolutional Networks", figure 2: FlowNetSimple and
FlowNetCorr, and figure 3: the refinement; here with a few of their layers and channels. Unlike theirs, features have
their mean over the picture taken off and are scaled to length √C before they are correlated, so that a correlation is a
cosine; that way training takes minutes.
"""

import torch
from torch import nn
from torch.nn import functional as F

LEARNED_FROM = ("cat", "rocket", "flower", "ihc", "hubble", "gravel", "grass", "brick")
HELD_OUT = ("astronaut", "china", "coffee")


class FlowNetwork(nn.Module):
    """`FlowNetwork(...)(first, second)`: flows at 1/8, 1/4 and 1/2 of the size, coarsest first.

    first, second: (N, 3, H, W) in [0, 1], sides multiples of 8.
    returns:       a list of (N, 2, H/8, W/8), (N, 2, H/4, W/4) and (N, 2, H/2, W/2), each in pixels of its own size.

    correlate: None for the stacked network; otherwise a function from two maps (N, C, h, w) to their correlation
               (N, K, h, w).
    displacements: K.  channels: of the layers at 1/2, 1/4 and 1/8.  generator: for the first weights.
    """

    def __init__(self, correlate=None, displacements=49, channels=(16, 32, 48), generator=None):
        super().__init__()
        half, quarter, eighth = channels
        self.correlate = correlate
        self.enter = _layer(6 if correlate is None else 3, half, 7, 2)
        self.down = _layer(half, quarter, 5, 2)
        if correlate is None:
            self.join = _layer(quarter, quarter, 3)
        else:
            self.join = _layer(displacements + quarter, quarter, 3)
        self.deep = nn.Sequential(_layer(quarter, eighth, 3, 2), _layer(eighth, eighth, 3))
        self.flow8 = nn.Conv2d(eighth, 2, 3, padding=1)
        self.up4 = _layer(eighth + quarter + 2, quarter, 3)
        self.flow4 = nn.Conv2d(quarter, 2, 3, padding=1)
        self.up2 = _layer(quarter + half + 2, half, 3)
        self.flow2 = nn.Conv2d(half, 2, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, 0.1, generator=generator)
                nn.init.zeros_(module.bias)
        for flow in (self.flow8, self.flow4, self.flow2):
            flow.weight.data *= 0.1

    def forward(self, first, second):
        if self.correlate is None:
            high = self.enter(torch.cat([first, second], dim=1) - 0.5)
            middle = self.join(self.down(high))
        else:
            high = self.enter(torch.cat([first, second]) - 0.5)
            one, two = self.down(high).chunk(2)
            high = high.chunk(2)[0]
            found = self.correlate(_comparable(one), _comparable(two))
            middle = self.join(torch.cat([found, one], dim=1))
        low = self.deep(middle)
        flows = [self.flow8(low)]
        features = low
        for beside, layer, flow in ((middle, self.up4, self.flow4), (high, self.up2, self.flow2)):
            size = beside.shape[2:]
            features, rough = _enlarged(features, size), 2 * _enlarged(flows[-1], size)
            features = layer(torch.cat([beside, features, rough], dim=1))
            flows.append(rough + flow(features))
        return flows


def flow_loss(flows, truth, weights=(0.3, 0.5, 1.0)):
    """The end-point errors of all sizes, weighted and added, in pixels of the full size.

    flows: as from `FlowNetwork`.  truth: (N, 2, H, W) at full size.  returns: one number, a tensor.
    """
    total = 0
    for flow, weight in zip(flows, weights):
        factor = truth.shape[3] // flow.shape[3]
        own = F.avg_pool2d(truth, factor)
        total = total + weight * (factor * flow - own).square().sum(dim=1).add(1e-6).sqrt().mean()
    return total


def train(network, batches, rate):
    """Train the network in place by Adam, one (first, second, flow) a step; the rate falls along half a cosine.

    returns: the losses, a list of floats.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))
    history = []
    for first, second, flow in batches:
        loss = flow_loss(network(first, second), flow)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        history.append(loss.item())
    return history


def _comparable(maps):
    centered = maps - maps.mean(dim=(2, 3), keepdim=True)
    return maps.shape[1] ** 0.5 * F.normalize(centered, dim=1)


def _layer(inputs, outputs, size, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2), nn.LeakyReLU(0.1))


def _enlarged(maps, size):
    return F.interpolate(maps, size, mode="bilinear", align_corners=False)
