import { addInto } from '#model/optimizer/gradient-sum.js';
import { sumOfSquares } from '#model/optimizer/gradient-norm.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import { parameterPieces, valuesOf, type ParameterPiece } from '#model/optimizer/parameter-piece.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { isRunningStatistic } from '#model/parameters/running-statistics.js';
import { updateParameters } from '#model/optimizer/adam-w.js';
import { serveThread } from '#threads/thread-server.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { OptimizerCall } from './optimizer-message.js';
import { firstMomentsOf, secondMomentsOf } from '../state/training-state.js';

/* One of the optimizer threads. They add gradients and update parameters, so that the main thread stays responsive. */

function perform(call: OptimizerCall): void {
  switch (call.kind) {
    case 'add': {
      const [left, right] = [float32Values(call.left), float32Values(call.right)];
      for (const piece of taken(left, call.next)) addInto(valuesOf(piece, left), valuesOf(piece, right));
      return;
    }
    case 'squares': {
      const values = float32Values(call.blob);
      for (const piece of taken(values, call.next))
        // NaN if a value is not finite: 0 · NaN and 0 · ∞ are NaN.
        call.sums[piece.index] = sumOfSquares(valuesOf(piece, values)) * (isRunningStatistic(piece.name) ? 0 : 1);
      return;
    }
    case 'update': {
      const { model, hyper, gradientFactor } = call;
      const parameters = float32Values(call.parameters);
      const gradients = float32Values(call.gradient);
      const moments = float32Values(call.moments);
      const update = {
        specs: parameterSpecs(model),
        parameters,
        gradients,
        firstMoments: firstMomentsOf(moments),
        secondMoments: secondMomentsOf(moments),
        hyper,
        gradientFactor,
      };
      return updateParameters(update, taken(gradients, call.next));
    }
  }
}

/**
 * The pieces that this thread takes, one after another. Which thread does which piece does not change the result, so a
 * slow thread simply takes fewer.
 */
function* taken(values: NamedValues, next: Int32Array): Iterable<ParameterPiece> {
  const pieces = parameterPieces(values);
  for (let index = Atomics.add(next, 0, 1); index < pieces.length; index = Atomics.add(next, 0, 1))
    yield pieces[index]!;
}

serveThread(async (call: OptimizerCall) => perform(call));
