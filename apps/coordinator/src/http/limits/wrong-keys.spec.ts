// Goal: wrong keys are answered at a limited rate, logged without flooding the log, and forgotten in the end.
import { expect, it } from 'vitest';
import { openWrongKeys, wrongKeyLimits } from './wrong-keys.js';

const { burst } = wrongKeyLimits;

it('answers a burst, then one per second, for each address separately', () => {
  let now = 0;
  const keys = openWrongKeys(wrongKeyLimits, () => now);
  const throttled = (address: string): boolean => keys.note(address).throttled;
  expect(Array.from({ length: burst + 2 }, () => throttled('10.0.0.1'))).toEqual([
    ...Array<boolean>(burst).fill(false),
    true,
    true,
  ]);
  expect(throttled('10.0.0.2')).toBe(false);
  now += 999;
  expect(keys.note('10.0.0.1')).toMatchObject({ throttled: true, retrySeconds: 1 });
  now += 1;
  expect([throttled('10.0.0.1'), throttled('10.0.0.1')]).toEqual([false, true]);
});

it('logs each answered key; during a flood, one line every ten seconds with the count', () => {
  let now = 0;
  const keys = openWrongKeys(wrongKeyLimits, () => now);
  const logged: number[] = [];
  for (let call = 0; call < 10_000; call++) {
    now += 0.25;
    const { toLog } = keys.note('10.0.0.1');
    if (toLog > 0) logged.push(toLog);
  }
  expect(logged.length).toBeLessThan(burst + 5);
  now += 20_000;
  logged.push(keys.note('10.0.0.1').toLog);
  expect(logged.reduce((sum, count) => sum + count, 0)).toBe(10_001);
});

it('counts all addresses of an IPv6 network as one, and both forms of an IPv4 address as one', () => {
  const keys = openWrongKeys({ ...wrongKeyLimits, burst: 1 }, () => 0);
  expect(
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1', '10.0.0.1', '::ffff:10.0.0.1'].map(
      (address) => keys.note(address).throttled,
    ),
  ).toEqual([false, true, false, false, true]);
});

it('remembers only a limited number of addresses', () => {
  const keys = openWrongKeys({ ...wrongKeyLimits, burst: 1, addressesMax: 2 }, () => 0);
  expect(['a', 'b', 'b', 'c', 'a'].map((address) => keys.note(address).throttled)).toEqual([
    false,
    false,
    true,
    false,
    false,
  ]);
});
