import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { trace } from '../../trace/trace.js';

it('two transposes in a row become one, or none if they cancel out', () => {
  const program = trace(
    ({ x }) => {
      const turned = tf.transpose(x!, [1, 2, 0]);
      return { once: tf.transpose(turned, [1, 2, 0]), undone: tf.neg(tf.transpose(turned, [2, 0, 1])) };
    },
    { x: { dtype: 'float32', shape: [2, 3, 4] } },
  );
  expect(program.nodes.map(({ kind, attributes }) => ({ kind, ...attributes }))).toEqual([
    { kind: 'transpose', perm: [2, 0, 1] },
    { kind: 'neg' },
  ]);
});
