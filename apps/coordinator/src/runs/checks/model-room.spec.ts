import { expect, it } from 'vitest';
import { checkModelRoom } from './model-room.js';

it('a model needs three times its parameters and 256 MiB, and both figures are in the refusal', () => {
  const [parameterBytes, limit, totalBytes] = [400 * 2 ** 20, 'control group', 2 ** 34] as const;
  const neededBytes = 1456 * 2 ** 20;
  expect(() => checkModelRoom(parameterBytes, { limit, totalBytes, availableBytes: neededBytes })).not.toThrow();
  expect(() => checkModelRoom(parameterBytes, { limit, totalBytes, availableBytes: neededBytes - 1 })).toThrow(
    "expected 1.4 GiB of free memory to open a model of 400 MiB, the coordinator's control group has 1.4 GiB",
  );
});
