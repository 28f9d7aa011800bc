import { describe, expect, test } from 'vitest';
import { foldEnrolmentCode } from './enrolment-code.ts';

const CODE = 'enr_3ECB-48SV-EGMP-FV3Z-CBAF';

describe('foldEnrolmentCode', () => {
  test.each([
    CODE,
    CODE.toLowerCase(),
    ` ${CODE}\n`,
    'enr_3ECB 48SV EGMP FV3Z CBAF',
    '3ecb-48sv-egmp-fv3z-cbaf',
    '3ECB48SVEGMPFV3ZCBAF',
    'ENR 3ecb – 48sv – egmp – fv3z – cbaf',
    'enr_３ＥＣＢ-48SV-EGMP-FV3Z-CBAF',
    'enr_3ECB-48SV-EGMP-FV3Z-CB\u200bAF',
  ])('%j is the code that was meant', (text) => {
    expect(foldEnrolmentCode(text)).toBe(CODE);
  });

  test('letters that are read as digits are those digits', () => {
    expect(foldEnrolmentCode('enr_OIL0-0000-0000-0000-0000')).toBe('enr_0110-0000-0000-0000-0000');
  });

  test('a code whose digits begin with ENR is not shortened', () => {
    expect(foldEnrolmentCode('enr_ENRX-0000-0000-0000-0000')).toBe('enr_ENRX-0000-0000-0000-0000');
    expect(foldEnrolmentCode('ENRX-0000-0000-0000-0000')).toBe('enr_ENRX-0000-0000-0000-0000');
  });

  test.each([
    '',
    'enr_',
    'code-for-tests',
    `${CODE}0`,
    CODE.slice(0, -1),
    'enr_UUUU-0000-0000-0000-0000',
    'x'.repeat(5000),
  ])('what can be no code is none: %j', (text) => {
    expect(foldEnrolmentCode(text)).toBeNull();
  });
});
