/** What a Redis must be to carry tasks, read off its answer to INFO. */
export interface RedisFitness {
  /** Why it cannot be used, whatever the settings say. */
  readonly tooOld: string | undefined;
  /** Why it may lose tasks: it removes keys where its memory is full. */
  readonly evicting: string | undefined;
}

/** Of 6.2 are commands that BullMQ's scripts call. */
const oldestVersion = [6, 2] as const;

export function redisFitness(info: string): RedisFitness {
  const version = fieldOf(info, 'redis_version') ?? 'none';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
  const policy = fieldOf(info, 'maxmemory_policy') ?? 'noeviction';
  return {
    tooOld: isNewEnough ? undefined : `version ${version}`,
    evicting: policy === 'noeviction' ? undefined : `maxmemory-policy ${policy}`,
  };
}

function fieldOf(info: string, name: string): string | undefined {
  const value = info
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();
  return value === '' ? undefined : value?.slice(0, 40);
}
