// Where an account's credit comes from: types only.

/** Credit is granted by an operator or a sponsor, bought, or earned by one's own homes. */
export type CreditKind = 'granted' | 'bought' | 'earned';

/** The book that credit comes out of when it is given: below zero by all that came from there. */
export type CreditSource = 'grants' | 'stripe' | 'x402';
