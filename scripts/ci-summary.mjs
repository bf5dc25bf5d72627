// Sums up jest's JSON reports. A step that failed without a failed test (the lint, say) counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

const [failedSteps, ...files] = process.argv.slice(2);
const reports = files.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')));

const tests = reports.flatMap((report) => report.testResults).flatMap((suite) => suite.assertionResults);
for (const test of tests.filter(({ status }) => status === 'failed')) console.log(`failed: ${test.fullName}`);

const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const passed = sum((report) => report.numPassedTests);
const failedTests = sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
const failed = Math.max(failedTests, Number(failedSteps));
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
