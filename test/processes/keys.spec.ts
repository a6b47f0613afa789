// Goal: an admin makes, lists and revokes keys on the command line, and refusals say what to do.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyStatus, MadeKey } from '#protocol/access/api-key.js';
import { startCommand } from '../support/command.js';
import { apiKey, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

async function tandem(
  args: readonly string[],
  key = apiKey,
): Promise<{ readonly code: unknown; readonly stdout: string; readonly output: string }> {
  const command = await startCommand(args, { TANDEM_URL: coordinator.url, TANDEM_API_KEY: key });
  const [code, stdout, output] = [await command.exit, command.stdout(), command.output()];
  await command.close();
  return { code, stdout, output };
}

it('a key is made, shown once, listed, used and revoked', async () => {
  const text = await tandem(['keys', 'create', 'for reading', '--scope', 'read', '--days', '30']);
  expect(text.stdout).toMatch(
    /^key-\w+ for for reading, scope read, expires 20.*\nThe key, shown only this once: tandem_/,
  );
  const made = JSON.parse((await tandem(['keys', 'create', 'ci', '--scope', 'submit', '--json'])).stdout) as MadeKey;
  expect((await tandem(['status'], made.key)).code).toBe(0);

  const refused = await tandem(['keys', 'create', 'more', '--scope', 'admin'], made.key);
  expect([refused.code, refused.output]).toEqual([2, expect.stringMatching(/scope admin, got "ci".*\n.*keys create/)]);

  const { keys } = JSON.parse((await tandem(['keys', '--json'])).stdout) as { readonly keys: readonly KeyStatus[] };
  expect(keys.map(({ name, scope }) => [name, scope])).toEqual([
    ['TANDEM_API_KEY', 'admin'],
    ['for reading', 'read'],
    ['ci', 'submit'],
  ]);
  const list = await tandem(['keys', 'list']);
  expect(list.stdout).toMatch(new RegExp(`^key +name +scope.*\n[^]*${made.id} +ci +submit .* never `));
  expect(list.stdout).not.toContain(made.key);

  expect((await tandem(['keys', 'revoke', made.id])).stdout).toBe(`${made.id} is revoked\n`);
  expect((await tandem(['status'], made.key)).code).toBe(2);
});

it.each([
  [['keys', 'create', 'x'], /--scope/],
  [['keys', 'create', 'x', '--scope', 'root'], /Allowed choices are read, submit, admin, worker/],
  [['keys', 'create', 'x', '--scope', 'read', '--days', '0'], /whole number from 1/],
  [['keys', 'revoke', 'nobody'], /got "nobody"\n.*tandem keys list/],
  [['keys', 'mend'], /Unknown command 'keys mend'; expected one of list, create, revoke/],
])('%j ends with 2 and says what to do', async (args, message) => {
  const { code, output } = await tandem(args);
  expect([code, output]).toEqual([2, expect.stringMatching(message)]);
});
