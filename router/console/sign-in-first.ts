// What a page throws that is for people who are signed in.

export class SignInFirst extends Error {
  override readonly name = 'SignInFirst';
  /** Where to go on afterwards: a path of this origin. */
  readonly to: string;
  /** For who is signed in, but was so long ago. */
  readonly isAgain: boolean;
  constructor(to: string, isAgain = false) {
    super('sign in first');
    this.to = to;
    this.isAgain = isAgain;
  }
}
