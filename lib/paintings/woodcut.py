"""A woodcut: tones that are lines, cut thick or thin, over blocks of flat color."""

import numpy as np

from lib.paintings.brushes import mix, ramp, rgb, step


def paint(canvas):
    """Mountains and pines around a lake at sunset: black lines over blocks of flat color."""
    rng = canvas.rng
    x, y = canvas.x, canvas.y
    u, v = canvas.u(x), canvas.v(y)
    unit = min(canvas.right, canvas.bottom)
    low, mid, fine, ridge = canvas.noise(3), canvas.noise(9), canvas.noise(40), canvas.noise(4, 4)
    bend, fibre = low(x, y), mid(x, y)
    chip = fine(x, y)
    sun = canvas.place(rng.uniform(0.36, 0.46), rng.uniform(0.2, 0.25))
    shore = 0.6
    paper = np.array(rgb("#f3e4c4"))

    def cut(tone, along, across, period=0.02):
        """Ink of lines `period` apart, as thick as the tone is dark, trembling along their length."""
        phase = across / period + 0.35 * bend + 0.1 * fibre
        wave = np.abs((phase % 1) * 2 - 1)
        swell = tone + 0.16 * mid(along * 0.7, across * 3) + 0.05 * chip
        return step(wave - 1 + swell, 0.11)

    away = np.hypot(x - sun[0], y - sun[1]) / unit
    turn = np.arctan2(y - sun[1], x - sun[0])
    rays = np.abs((turn / (2 * np.pi) * 34 + 0.25 * bend) % 1 * 2 - 1)
    near = step(0.36 - away, 0.2)
    color = ramp("#fbe7a8 #f7c768 #ee9a50 #d9785a", away * 1.5)
    clouds = cut(0.16 + 0.5 * step(0.75 * bend + 0.5 * fibre - 0.12, 0.5) + 0.25 * (0.4 - v), x, y + 0.02 * bend, 0.019)
    ink = np.maximum(clouds * (1 - near), step(rays - 1 + 0.15 + 0.55 * away, 0.08) * near * step(away - 0.115, 0.004))
    disc = step(0.1 - away, 0.004)
    color = mix(color, rgb("#d8321f"), disc)
    ink = np.maximum(ink * (1 - disc), step(0.006 - np.abs(away - 0.1), 0.003))

    peaks = [(0.1, 0.24, 1.1), (0.62, 0.27, 1.0), (0.9, 0.14, 1.3), (0.35, 0.38, 0.9)]
    for number, (at, top, steep) in enumerate(sorted(peaks, key=lambda peak: peak[1], reverse=False)):
        at, top = at + 0.03 * rng.standard_normal(), top + 0.02 * rng.standard_normal()
        jag = ridge(x * 1.2 + 0.1 * number, y * 1.2)
        crest = top + steep * np.abs(u - at) * 0.75 + 0.05 * ridge(x[:1] * 1.5, 0.2 * number + 0.1)
        mountain = step(v - crest, 0.0015) * step(shore - v, 0.0015)
        lit = step(at - u + 0.07 * jag + 0.25 * (v - crest) * np.sin(v * 40 + 4 * jag), 0.006)
        depth = v - crest
        snow = step(0.085 + 0.05 * jag - depth, 0.004)
        stone = mix(rgb("#35506e"), rgb("#c98a5a"), lit)
        stone = mix(stone, paper, snow)
        slope = np.where(lit > 0.5, x * 0.75 + y * 0.65, -x * 0.75 + y * 0.65)
        other = np.where(lit > 0.5, x * 0.65 - y * 0.75, x * 0.65 + y * 0.75)
        tone = (1 - lit) * 0.62 + lit * 0.2 + 0.3 * depth * lit - 0.3 * snow + 0.15 * jag
        lines = np.maximum(cut(tone, slope, other, 0.016), step(0.005 - np.abs(depth), 0.002))
        color = mix(color, stone, mountain)
        ink = ink * (1 - mountain) + lines * mountain

    # The lake: level lines, broken by the sun's path.
    water = step(v - shore, 0.0015)
    path = np.exp(-(((x - sun[0]) / (0.05 + 0.25 * (v - shore))) ** 2))
    glitter = path * (0.5 + 0.5 * np.sin(y * 190 + 5 * fibre))
    tone = 0.4 + 0.35 * step(shore + 0.1 - v + 0.05 * fibre, 0.04) - 0.75 * glitter + 0.2 * mid(x * 0.4, y * 2)
    color = mix(color, mix(ramp("#274a6a #3f7f8f #79b0a4", (v - shore) * 2.5), rgb("#f4b65a"), glitter), water)
    ink = (
        ink * (1 - water)
        + np.maximum(cut(tone, x, y + 0.004 * bend, 0.0165), step(0.005 - np.abs(v - shore), 0.002)) * water
    )

    bank = 0.93 - 0.16 * np.abs(u - 0.45) ** 1.3 - 0.02 * ridge(x[:1], 0.9)
    ground = step(v - bank, 0.002)
    color = mix(color, ramp("#7f8f3a #4a6a34 #2a4030", (v - bank) * 6 + 0.3 * fibre), ground)
    ink = ink * (1 - ground) + cut(0.5 + 0.35 * fibre + 1.2 * (v - bank), y, x + 0.35 * y + 0.02 * bend, 0.018) * ground
    canvas.image[:] = mix(np.broadcast_to(paper, color.shape), color, 0.9 - 0.1 * np.abs(chip))
    canvas.fill(rgb("#17130f"), np.clip(ink, 0, 1) * (0.95 - 0.07 * np.abs(chip)))
    spots = [(0.07, 0.22), (0.2, 0.45), (0.88, 0.3), (0.98, 0.14), (0.76, 0.55), (0.3, 0.66), (0.64, 0.7)]
    for at, top in sorted(spots, key=lambda spot: -spot[1]):
        pine(canvas, at + 0.015 * rng.standard_normal(), top + 0.02 * rng.standard_normal(), unit)


def pine(canvas, at, top, unit):
    """A pine from the bank up to a part `top` of the height: tiers of hanging cut branches, lit from the left."""
    rng = canvas.rng
    foot = 0.99 - 0.1 * abs(at - 0.45)
    x, high, low = at * canvas.right, top * canvas.bottom, foot * canvas.bottom
    tall = low - high
    girth = 0.05 * unit + 0.13 * tall
    tiers = 5 + int(22 * tall)
    dark, lines = [], []
    for tier in np.linspace(0.03, 1, tiers)[::-1]:
        y, half = high + tall * 0.93 * tier, girth * tier**0.85 * rng.uniform(0.85, 1.1)
        drop = 0.5 * tall / tiers + 0.3 * half
        teeth = np.linspace(-1, 1, 13)
        fringe = np.stack([x + half * teeth, y + drop * (np.abs(teeth) ** 1.4) + 0.22 * drop * (np.arange(13) % 2)], 1)
        fringe += 0.04 * half * rng.standard_normal((13, 2))
        dark.append(np.concatenate([[(x, y - 1.3 * tall / tiers)], fringe]))
        for tooth in np.linspace(-0.9, 0.25, 8):
            start = np.array([x + 0.25 * half * tooth, y - 0.35 * tall / tiers])
            end = np.array([x + 0.93 * half * tooth, y + drop * abs(tooth) ** 1.4])
            time = np.linspace(0.25, 0.9 - 0.2 * rng.uniform(), 5)[:, None]
            lines.append(start + (end - start) * time + [[0, 0.1 * drop * np.sin(k * 0.8)] for k in range(5)])
    stem = [
        (x - 0.006 * unit, high),
        (x + 0.006 * unit, high),
        (x + 0.014 * unit, low + 0.04),
        (x - 0.014 * unit, low + 0.04),
    ]
    for tier, polygon in enumerate(dark):
        canvas.polygons([np.array(stem), polygon] if tier == 0 else [polygon], rgb("#15140f"))
        group = lines[8 * tier : 8 * tier + 8]
        canvas.lines(group, ramp("#9fae4a #5f8a4a #3a6a4a", np.linspace(0, 1, 8)), 0.0033)
