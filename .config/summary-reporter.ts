// Ends a test run with what was skipped and why (the reason stands in the title), and one line that scripts can read.
import type { Reporter, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length };
    const skipped: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed++;
        else if (state === 'failed') counts.failed++;
        else skipped.push(test.fullName);
      }
      if (!module.ok() && module.errors().length > 0) counts.failed++;
    }
    for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
    // After every other reporter has had its say.
    process.on('exit', () => void process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`));
  }
}
