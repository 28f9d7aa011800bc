// Where a form leads to that was told so by its page: a path of this origin, and nowhere else. Pure.

/** `to` where it is a path and nothing more; else `usual`. */
export function pickWayOn(to: string | undefined, usual: string): string {
  if (to === undefined || !/^\/(?![/\\])[^\\]*$/.test(to)) return usual;
  // Control characters are dropped by browsers, which would make `//` of `/\t/`.
  return /\p{Cc}/u.test(to) ? usual : to;
}
