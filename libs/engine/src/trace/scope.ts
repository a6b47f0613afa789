import * as tf from '@tensorflow/tfjs';

/** As much of tfjs's engine as places are read from. */
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

/** The place of the operation whose gradient is being made. */
let gradientOf = '';

/**
 * Names of the tidy scopes and operations around the current call, outermost first: `visual.resblocks.3/softmax`. In a
 * gradient it is the place of the operation it is the gradient of, after `backward`.
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
 * tfjs makes all gradients in one scope. Until the function returned is called, remember for each operation where it
 * was called.
 */
export function followGradients(): () => void {
  const engine = recordingEngine();
  const record = engine.addTapeNode!.bind(engine);
  gradientOf = '';
  engine.addTapeNode = (...recorded) => {
    // An operation with a gradient of its own has no name; its layer has.
    const isNamed = operation.test(namesAround().at(-1) ?? '');
    const scope = [currentScope().replace(/^forward(\/|$)/, ''), isNamed ? '' : 'gradient'].filter(Boolean).join('/');
    record(...recorded);
    const node = engine.state.activeTape.at(-1)!;
    const { gradient } = node;
    if (!gradient) return;
    node.gradient = (dys) => {
      // Stays until the next operation's turn: the gradients it gives are added to others after it returns.
      gradientOf = scope;
      return gradient(dys);
    };
  };
  return () => void delete engine.addTapeNode; // uncovers the method itself
}

/** What tfjs adds to the name of an operation. */
const operation = /__op$/;

function namesAround(): string[] {
  return recordingEngine()
    .state.scopeStack.map(({ name }) => name)
    .filter((name) => name && name !== 'unnamed scope');
}

function recordingEngine(): RecordingEngine {
  return tf.engine() as unknown as RecordingEngine;
}
