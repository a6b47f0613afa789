import type { Device, Executable, Specs, StagedExecutable } from '../device.js';
import { bytesOf } from '../tensor-spec.js';

interface StagedParts {
  readonly device: Device;
  /** Inputs of the whole function, including the late ones. */
  readonly inputs: Specs;
  readonly stash: readonly string[];
  readonly forward: Executable;
  readonly backward: Executable;
}

/** Combines the two parts of a cut program into one staged executable. */
export function openStaged({ device, inputs, stash: stashNames, forward, backward }: StagedParts): StagedExecutable {
  const stashSpecs = Object.fromEntries(stashNames.map((name) => [name, forward.outputs[name]!]));
  return {
    inputs,
    stashBytes: Object.values(stashSpecs).reduce((bytes, spec) => bytes + bytesOf(spec), 0),
    async forward(feeds) {
      const stash = await device.allocateGroup(stashSpecs);
      return { outputs: await forward.run(feeds, stash.tensors), stash };
    },
    backward: (feeds, stash, into) => backward.run({ ...feeds, ...stash.tensors }, into),
    async dispose() {
      await forward.dispose();
      await backward.dispose();
    },
  };
}
