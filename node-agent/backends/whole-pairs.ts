// Text from a server that may cut a character beyond U+FFFF in two: half a pair waits for its other half, so that none ever leaves alone.

export class WholePairs {
  #half = '';

  /** The text with the half that waited, without a half at its end. A half in the middle will never be whole: it becomes U+FFFD. */
  push(text: string): string {
    if (text === '') return '';
    const all = this.#half === '' ? text : this.#half + text;
    const last = all.charCodeAt(all.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#half = isHalf ? all.slice(-1) : '';
    return (isHalf ? all.slice(0, -1) : all).toWellFormed();
  }

  /** The answer is over: a half that still waits becomes U+FFFD. */
  end(): string {
    const rest = this.#half === '' ? '' : '\ufffd';
    this.#half = '';
    return rest;
  }
}
