"""The reference library of the course: one technique per file, each readable in one sitting.

Nothing here prints, moves a tensor to another device, or touches global random state.
Images are RGB float32 tensors of shape (N, 3, H, W) with values in [0, 1].
"""
