import { expect, test } from 'vitest';
import { errorBodySchema } from './error-body.js';
import { ErrorCode, TandemError } from './tandem-error.js';

test.each(Object.values(ErrorCode))('%s survives the way over HTTP as JSON', (code) => {
  const error = new TandemError({
    code,
    message: 'batch: expected at least 2, got 1',
    help: 'Raise it.',
    retryable: true,
    context: { run: 'a', step: 3 },
    problems: [{ path: 'batch', message: 'expected at least 2, got 1' }],
  });
  const back = TandemError.fromWire(errorBodySchema.parse(JSON.parse(JSON.stringify(error.toWire()))));
  expect(back.toWire()).toEqual(error.toWire());
});

test('an error without problems has no key for them', () => {
  expect(new TandemError({ code: 'NOT_FOUND', message: 'no such run' }).toWire()).not.toHaveProperty('problems');
});
