"""Models of several operators: residuals, branches, several inputs and outputs, odd wiring."""

import layers as L
from operator_cases import case as operator_case


def case(name, **kwargs):
    """As operator_cases.case, with weights so small that a chain of layers keeps its scale."""
    def add(body):
        @operator_case(name, **kwargs)
        def _(g):
            g.weights_scale = 0.0005
            body(g)
        return body
    return add


@case("graph_residual")
def _(g):
    x = g.input([1, 6, 6, 4])
    y = L.conv_2d(g, x, 4, act="RELU")
    y = L.conv_2d(g, y, 4)
    g.output(L.binary(g, "ADD", x, y, "RELU"))


@case("graph_residual_downsample")
def _(g):
    x = g.input([1, 8, 8, 3])
    y = L.conv_2d(g, x, 4, stride=(2, 2), act="RELU")
    y = L.conv_2d(g, y, 4)
    shortcut = L.conv_2d(g, x, 4, kernel=(1, 1), stride=(2, 2))
    g.output(L.binary(g, "ADD", y, shortcut, "RELU"))


@case("graph_inception")
def _(g):
    x = g.input([1, 6, 5, 3])
    quant = (0.08, -3)
    a = L.conv_2d(g, x, 2, kernel=(1, 1), out=quant)
    b = L.conv_2d(g, x, 3, act="RELU", out=quant)
    c = L.conv_2d(g, x, 2, kernel=(5, 5), out=quant)
    d = L.unary(g, "QUANTIZE", L.pool_2d(g, x, "MAX_POOL_2D", (3, 3), (1, 1), "SAME"), quant)
    g.output(L.concatenation(g, [a, b, c, d], 3))


@case("graph_depthwise_separable_classifier")
def _(g):
    x = g.input([1, 10, 8, 1], 0.02, -128)
    y = L.conv_2d(g, x, 6, kernel=(3, 3), stride=(2, 2), act="RELU")
    y = L.depthwise_conv_2d(g, y, act="RELU6", out=(6.0 / 255, -128))
    y = L.conv_2d(g, y, 8, kernel=(1, 1), act="RELU6")
    y = L.pool_2d(g, y, "AVERAGE_POOL_2D", (5, 4), (1, 1), "VALID")
    y = L.reshape(g, y, [1, 8], wanted=[-1, 8])
    y = L.fully_connected(g, y, 4)
    g.output(L.softmax(g, y))


@case("graph_squeeze_excite")
def _(g):
    x = g.input([1, 5, 5, 4])
    s = L.mean(g, x, [1, 2], keep=True)
    s = L.conv_2d(g, s, 2, kernel=(1, 1), act="RELU")
    s = L.conv_2d(g, s, 4, kernel=(1, 1))
    s = L.unary(g, "LOGISTIC", s, (1.0 / 256, -128))
    g.output(L.binary(g, "MUL", x, s))


@case("graph_two_inputs_three_outputs")
def _(g):
    a = g.input([1, 4, 4, 3])
    b = g.input([1, 4, 4, 3], 0.03, 12)
    total = L.binary(g, "ADD", a, b)
    product = L.binary(g, "MUL", total, b)
    pooled = L.mean(g, total, [1, 2])
    g.output(product, total, pooled)


@case("graph_same_tensor_twice")
def _(g):
    x = g.input([1, 17])
    square = L.binary(g, "MUL", x, x)
    g.output(L.binary(g, "SUB", square, x), L.binary(g, "ADD", x, x))


@case("graph_input_is_also_used_late")
def _(g):
    x = g.input([1, 4, 4, 2])
    y = x
    for _ in range(4):
        y = L.conv_2d(g, y, 2, act="RELU")
    g.output(L.concatenation(g, [L.unary(g, "QUANTIZE", y, (x.scale, x.zero_point)), x], 3))


@case("graph_split_branches_concatenate")
def _(g):
    x = g.input([1, 4, 4, 6])
    a, b, c = L.split(g, x, 3, 3)
    quant = (0.05, 3)
    a = L.depthwise_conv_2d(g, a, out=quant)
    c = L.unary(g, "RELU", c, quant)
    g.output(L.concatenation(g, [c, a, b], 3))


@case("graph_split_part_unused")
def _(g):
    x = g.input([2, 6])
    parts = L.split(g, x, 1, 3)
    g.output(L.binary(g, "ADD", parts[0], parts[2]))


@case("graph_pad_conv_valid")
def _(g):
    x = g.input([1, 6, 6, 3])
    y = L.pad(g, x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    g.output(L.conv_2d(g, y, 4, stride=(2, 2), pad="VALID", act="RELU"))


@case("graph_upsample_decoder")
def _(g):
    x = g.input([1, 3, 3, 4])
    y = L.resize_nearest(g, x, (6, 6))
    y = L.conv_2d(g, y, 3, act="RELU")
    y = L.transpose_conv(g, y, (12, 12), 2, kernel=(2, 2))
    g.output(L.unary(g, "TANH", y, (1.0 / 128, 0)))


@case("graph_attention_like_reshapes")
def _(g):
    x = g.input([1, 6, 8])
    y = L.reshape(g, x, [1, 6, 2, 4])
    y = L.transpose(g, y, [0, 2, 1, 3])
    y = L.softmax(g, y)
    y = L.squeeze(g, y, [0])
    y = L.expand_dims(g, y, 0)
    y = L.strided_slice(g, y, [0, 0, 1, 0], [1, 2, 6, 4], [1, 1, 2, 1])
    g.output(L.reshape(g, y, [1, 24]))


@case("graph_reshape_chain_of_input")
def _(g):
    """Every operator only renames the shape: output bytes are the input's."""
    x = g.input([1, 2, 3, 4])
    y = L.squeeze(g, x, [0])
    y = L.reshape(g, y, [6, 4])
    g.output(L.expand_dims(g, y, 1))


@case("graph_autoencoder")
def _(g):
    x = g.input([1, 32])
    y = L.fully_connected(g, x, 12, act="RELU")
    y = L.fully_connected(g, y, 4, act="RELU")
    y = L.fully_connected(g, y, 12, act="RELU")
    g.output(L.fully_connected(g, y, 32))


@case("graph_mobile_block_hard_swish")
def _(g):
    x = g.input([1, 6, 6, 4])
    y = L.conv_2d(g, x, 8, kernel=(1, 1), out=(0.06, -7))
    y = L.unary(g, "HARD_SWISH", y, (0.05, -120))
    y = L.depthwise_conv_2d(g, y, kernel=(5, 5), out=(0.06, 2))
    y = L.leaky_relu(g, y, 0.2, (0.05, -90))
    y = L.conv_2d(g, y, 4, kernel=(1, 1), out=(0.05, 0))
    g.output(L.binary(g, "ADD", x, y))


@case("graph_outputs_of_every_layer")
def _(g):
    x = g.input([1, 4, 4, 2])
    a = L.conv_2d(g, x, 3)
    b = L.pool_2d(g, a, "MAX_POOL_2D")
    c = L.reshape(g, b, [1, 12])
    g.output(a, b, c)


@case("file_weights_unaligned", buffer_alignment=1)
def _(g):
    """Buffers at odd addresses, as some writers leave them: still a sound file."""
    x = g.input([1, 4, 4, 3])
    g.output(L.conv_2d(g, x, 5))
