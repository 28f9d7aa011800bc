// Where an account's credit comes from: types only.

/** Credit is granted by an operator or a sponsor, bought, or earned by one's own homes. */
export type CreditKind = 'granted' | 'bought' | 'earned';
