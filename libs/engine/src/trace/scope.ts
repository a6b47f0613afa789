import * as tf from '@tensorflow/tfjs';

/** The part of tfjs's engine that tells which scopes are open and which operations it has recorded. */
interface RecordingEngine {
  readonly state: {
    readonly scopeStack: readonly { readonly name: string }[];
    readonly activeTape: readonly TapeNode[];
  };
  addTapeNode?: (...recorded: readonly unknown[]) => void;
}
interface TapeNode {
  gradient?: (dys: unknown) => unknown;
}

/** The scope of the operation whose gradient is being computed. */
let gradientOf = '';

/**
 * Names of the tidy scopes and operations around the current call, outermost first: `visual.resblocks.3/softmax`. In a
 * gradient they are `backward`, then the scope of the operation whose gradient is being computed.
 */
export function currentScope(): string {
  const names = namesAround();
  if (names.includes('backward')) return ['backward', gradientOf].filter(Boolean).join('/');
  // A scope named within another repeats its name: `block.3`, `block.3.mlp`.
  return names
    .filter((name, depth) => !names[depth + 1]?.startsWith(`${name}.`))
    .map((name) => name.replace(operation, ''))
    .join('/');
}

/**
 * Remember the scope of each operation for its gradient, until the returned function is called. tfjs itself computes
 * all gradients in one scope.
 */
export function followGradients(): () => void {
  const engine = recordingEngine();
  const record = engine.addTapeNode!.bind(engine);
  gradientOf = '';
  engine.addTapeNode = (...recorded) => {
    // tfjs gives no name to an operation with a custom gradient; only the layer around it has one.
    const isNamed = operation.test(namesAround().at(-1) ?? '');
    const scope = [currentScope().replace(/^forward(\/|$)/, ''), isNamed ? '' : 'gradient'].filter(Boolean).join('/');
    record(...recorded);
    const node = engine.state.activeTape.at(-1)!;
    const { gradient } = node;
    if (!gradient) return;
    node.gradient = (dys) => {
      // It stays set until the next operation's turn: tfjs adds up gradients after this function has returned.
      gradientOf = scope;
      return gradient(dys);
    };
  };
  return () => void delete engine.addTapeNode; // the method of the class is visible again
}

/** The suffix that tfjs adds to the name of an operation. */
const operation = /__op$/;

function namesAround(): string[] {
  return recordingEngine()
    .state.scopeStack.map(({ name }) => name)
    .filter((name) => name && name !== 'unnamed scope');
}

function recordingEngine(): RecordingEngine {
  return tf.engine() as unknown as RecordingEngine;
}
