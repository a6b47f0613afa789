// Prints the last line of .ci/run, `N passed, N failed, N skipped`, from vitest's JSON report. Exits with 1 if any test
// failed or none ran.
import { readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const report = read(path);
const tests = report.testResults.flatMap((file) => file.assertionResults);
const count = (...states) => tests.filter(({ status }) => states.includes(status)).length;
// A test file that could not be loaded has no tests, but counts as a failure.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const passed = count('passed');
const failed = count('failed') + brokenFiles;
console.log(`${passed} passed, ${failed} failed, ${tests.length - passed - count('failed')} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}
