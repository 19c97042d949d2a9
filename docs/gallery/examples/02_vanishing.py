"""Vanishing in a tanh RNN

Forty steps of an Elman network with the loss at the end. Gaps say how many steps they hide and by what factor the
gradient changes there; the strip below has all steps. Dotted lines carry less than 10⁻⁸ of the largest gradient.
"""

tg.seed(0)
rnn = tg.nn.RNN(3, 8)
output, _ = rnn(x[:40])
tg.viz.draw(np.mean(output[-1] ** 2), columns=6, highlight="h@0", title="tanh RNN")
