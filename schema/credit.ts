// Where an account's credit comes from and what it is for. One form for the router, which decides, and whoever reads its answers.

/** Credit is granted by an operator or a sponsor, bought, or earned by one's own homes. */
export type CreditKind = 'granted' | 'bought' | 'earned';

/** The book that credit comes out of when it is given: below zero by all that came from there. */
export type CreditSource = 'grants' | 'stripe' | 'x402' | 'chain';

/** Units by kind. */
export type CreditSums = Readonly<Record<CreditKind, number>>;

/** What credit may be given for, beside nothing in particular. */
export const CREDIT_PURPOSES = ['education', 'research', 'trial', 'support'] as const;

/** How a job's caller and its home belong together: so that what the one pays the other would be paid to the same people. */
export type Relation = 'account' | 'wallet' | 'pool' | 'address';
