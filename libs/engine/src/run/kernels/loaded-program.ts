import type { KernelProgram } from '../../kernels/kernel.js';
import type { Specs } from '../../device.js';
import { allocate, bytesOf, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import type { GpuBuffer, GpuDriver, GpuLaunch } from './gpu-driver.js';

/** A program on a GPU: compiled, with memory for everything between its inputs and outputs. */
export interface LoadedProgram {
  readonly inputs: Specs;
  /** Runs the program. Outputs that `into` names are copied there; the others are returned. */
  run(
    inputs: Readonly<Record<string, GpuBuffer | TypedArray>>,
    into: Readonly<Record<string, GpuBuffer>>,
  ): Record<string, TypedArray>;
  release(): void;
}

export function loadProgram(
  driver: GpuDriver,
  { source, launches, buffers, arenaBytes, outputs }: KernelProgram,
  specs: { readonly inputs: Specs; readonly outputs: Specs },
): LoadedProgram {
  const module = driver.build(source);
  const arena = driver.allocate(arenaBytes);
  const owned: GpuBuffer[] = [];
  const own = (buffer: GpuBuffer): GpuBuffer => (owned.push(buffer), buffer);
  /** The buffer of each number; inputs that come from the host get one of the program's own. */
  const places = buffers.map((place): GpuBuffer | undefined => {
    switch (place.kind) {
      case 'arena':
        return own(driver.part(arena, place.offset, place.bytes));
      case 'constant': {
        const buffer = own(driver.allocate(place.data.byteLength));
        driver.write(buffer, place.data);
        return buffer;
      }
      case 'input':
        return undefined;
    }
  });
  const hostInputs = new Map<string, GpuBuffer>();
  const bound = launches.map(({ kernel, groups, threads, buffers: numbers }) => {
    const launch = module.launch(kernel, groups, threads);
    numbers.forEach((number, parameter) => places[number] && launch.bind(parameter, places[number]));
    return { launch, numbers };
  });
  const inputUses = usesOf(bound, places);

  function bufferOf(name: string, given: GpuBuffer | TypedArray, spec: TensorSpec): GpuBuffer {
    if (!('byteLength' in given)) return given;
    const buffer = hostInputs.get(name) ?? own(driver.allocate(bytesOf(spec)));
    hostInputs.set(name, buffer);
    driver.write(buffer, given);
    return buffer;
  }

  return {
    inputs: specs.inputs,
    run(inputs, into) {
      const given = new Map<number, GpuBuffer>();
      buffers.forEach((place, number) => {
        if (place.kind !== 'input' || !(place.name in inputs)) return;
        const buffer = bufferOf(place.name, inputs[place.name]!, specs.inputs[place.name]!);
        given.set(number, buffer);
        for (const { launch, parameter } of inputUses.get(number) ?? []) launch.bind(parameter, buffer);
      });
      for (const { launch } of bound) launch.launch();
      const fresh: Record<string, TypedArray> = {};
      // Only after all kernels: an output may be written over an input.
      for (const [name, number] of Object.entries(outputs)) {
        const [from, spec] = [places[number] ?? given.get(number)!, specs.outputs[name]!];
        if (into[name]) driver.copy(from, into[name], bytesOf(spec));
        else driver.read(from, (fresh[name] = allocate(spec)));
      }
      return fresh;
    },
    release() {
      for (const { launch } of bound) launch.release();
      for (const buffer of owned) buffer.release();
      arena.release();
      module.release();
    },
  };
}

/** Parameters that are inputs of the program, by the number of the input's buffer. */
function usesOf(
  bound: readonly { readonly launch: GpuLaunch; readonly numbers: readonly number[] }[],
  places: readonly (GpuBuffer | undefined)[],
): ReadonlyMap<number, readonly { readonly launch: GpuLaunch; readonly parameter: number }[]> {
  const uses = new Map<number, { launch: GpuLaunch; parameter: number }[]>();
  for (const { launch, numbers } of bound)
    numbers.forEach((number, parameter) => {
      if (!places[number]) uses.set(number, [...(uses.get(number) ?? []), { launch, parameter }]);
    });
  return uses;
}
