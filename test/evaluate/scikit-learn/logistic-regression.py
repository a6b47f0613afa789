"""Writes logistic-regression.json beside it: features, classes, and scikit-learn's solution for several λ.

python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python logistic-regression.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

SAMPLES, WIDTH, CLASSES = 60, 8, 4
rng = numpy.random.default_rng(5)
truths = numpy.arange(SAMPLES) % CLASSES
centres = rng.normal(size=(CLASSES, WIDTH))
# Overlapping classes, and features of very different scales, as a tower's are.
features = (centres[truths] + 1.2 * rng.normal(size=(SAMPLES, WIDTH))) * numpy.logspace(-0.5, 0.5, WIDTH)
features = features.round(6).astype(numpy.float32)

solutions = []
for strength in (1e-3, 1.0, 31.6227766016838):
    # Newton's method: with weak λ, L-BFGS there stops where the fifth digit still changes.
    model = LogisticRegression(C=1 / strength, solver="newton-cholesky", max_iter=1000, tol=1e-10)
    model.fit(features.astype(numpy.float64), truths)
    solutions.append(
        {
            "lambda": strength,
            "weights": model.coef_.T.round(12).tolist(),
            "biases": model.intercept_.round(12).tolist(),
            "iterations": int(model.n_iter_[0]),
        }
    )

document = {
    "scikitLearn": sklearn.__version__,
    "features": [[float(value) for value in row] for row in features],
    "truths": truths.tolist(),
    "solutions": solutions,
}
Path(__file__).with_name("logistic-regression.json").write_text(json.dumps(document) + "\n")
