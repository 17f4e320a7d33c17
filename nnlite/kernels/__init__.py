"""The hot loops and their buffers: ndarray in, ndarray out, channels last, input taken to be clean.

`conv`, `depthwise` and `pooling` are cut into chunks of the batch that stay in cache (`parallel`) and work in buffers
that are reused from call to call (`workspace`); `columns` has what the convolutions read, and `unfold` and `fold`;
`scatter` adds rows at repeated indices; `ctc` adds up alignments; `window` is the geometry that convolution and
pooling share.
Each module is imported by its own name: `from nnlite.kernels import conv`.
"""

from nnlite.kernels.memory import keep_freed_memory

keep_freed_memory()
