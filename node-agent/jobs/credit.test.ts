import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Credit } from './credit.ts';

test('never more is taken than was granted', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.array(fc.oneof(fc.record({ take: fc.nat(5000) }), fc.record({ grant: fc.nat(5000) }))),
      (start, steps) => {
        const credit = new Credit(start);
        let allowed = start;
        let taken = 0;
        for (const step of steps) {
          if ('grant' in step) {
            credit.grant(step.grant);
            allowed += step.grant;
          } else if (credit.take(step.take)) taken += step.take;
          expect(taken).toBeLessThanOrEqual(allowed);
          expect(credit.available).toBe(allowed - taken);
        }
      },
    ),
  );
});
