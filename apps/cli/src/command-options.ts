import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { deviceChoices, type DeviceChoice } from '#engine/device.js';
import { isLoopbackHost } from '#protocol/loopback.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import {
  type CacheLimits,
  cacheLimits,
  cacheSettings,
  readSettings,
  s3Access,
  s3Settings,
} from '#protocol/settings.js';
import type { StoreAccess } from '#store/open-store.js';
import { connectApi, defaultUrl, type ApiClient } from '#cluster/api-client.js';
import type { CommandContext } from './command-context.js';

/** Adds --url and --api-key. */
export function withConnection(command: Command): Command {
  return command
    .option('--url <url>', `address of the coordinator (TANDEM_URL; default ${defaultUrl})`)
    .option('--api-key <key>', 'a key that the coordinator printed or `tandem keys` made (TANDEM_API_KEY)');
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly apiKey?: string;
}

export function connect({ url, apiKey }: ConnectionOptions, { environment }: CommandContext): ApiClient {
  return connectApi({
    url: url ?? (environment['TANDEM_URL'] || defaultUrl),
    apiKey: apiKey ?? environment['TANDEM_API_KEY'],
  });
}

/** Does the coordinator run on another machine, where this one's relative paths mean nothing? */
export function isElsewhere({ url }: ApiClient): boolean {
  return URL.canParse(url) && !isLoopbackHost(new URL(url).host);
}

/** Parses an option that is a whole number from 1 to `max`. */
export function countUpTo(max: number, min = 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Parses an option that is a number from `min` on. */
export function atLeast(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min)
      throw new InvalidArgumentError(`Expected a number from ${min} on.`);
    return value;
  };
}

/** Adds --device. */
export function withDevice(command: Command): Command {
  return command.addOption(
    new Option(
      '--device <name>',
      'device to compute on (TANDEM_DEVICE; default auto); `tandem devices` tries them all',
    ).choices(deviceChoices),
  );
}

/** The device a command computes on. Throws CONFIG_INVALID where TANDEM_DEVICE does not name one. */
export function deviceOf(asked: DeviceChoice | undefined, environment: CommandContext['environment']): DeviceChoice {
  const schema = z.object({ TANDEM_DEVICE: z.enum(deviceChoices).default('auto') });
  return asked ?? readSettings({ program: 'command', schema, flags: [], environment }).TANDEM_DEVICE;
}

/** Where compiled programs are cached, and how much, from TANDEM_CACHE. Throws CONFIG_INVALID. */
export function cacheOf(environment: CommandContext['environment']): CacheLimits | undefined {
  return cacheLimits(
    readSettings({ program: 'command', schema: z.object(cacheSettings), flags: [], environment }),
    environment,
  );
}

/** Access to S3 stores, from TANDEM_S3_ENDPOINT and the other S3 variables. Throws CONFIG_INVALID. */
export function s3AccessOf(environment: CommandContext['environment']): StoreAccess {
  return s3Access(readSettings({ program: 'command', schema: z.object(s3Settings), flags: [], environment }));
}

/** The error for a word after a command of several, such as `runs`, that is none of them. */
export function unknownWord(word: string, group: Command, help?: string): TandemError {
  const names = group.commands.map((one) => one.name());
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Unknown command '${group.name()} ${word}'; expected one of ${names.join(', ')}`,
    help: help ?? `\`tandem ${group.name()} --help\` describes them.`,
  });
}
