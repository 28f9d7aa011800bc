// What a caller is told of a home's model server that refused a request or failed on it. Its reason stands in quotation marks behind our words, so
// that no home can speak as this network; the hub has cleaned it. Pure.

/** The server refused the request. */
export function tellRefusal(reason: string | null): string {
  return `The home's model server refused the request${quote(reason)}.`;
}

/** A home refused the request, no other could be asked, and its word alone does not count: none of it is told. */
export function tellDoubted(): string {
  return 'The home that was asked refused this request as one that its model server cannot take, and no other home could be asked. Change the request, or retry later.';
}

/** One home's server failed, and no other home could be asked. */
export function tellFailure(reason: string | null): string {
  if (reason === null) return 'The homes that were asked could not answer.';
  return `The homes that were asked could not answer. The model server of one of them failed${quote(reason)}.`;
}

/** The servers of two homes failed on it: it would fail at a third. */
export function tellTwiceFailed(reason: string | null): string {
  return `The model servers of two homes failed on this request, so no other is asked: it is the request that they cannot answer${quote(reason)}. Change it.`;
}

/** Why an answer broke off that had begun; `how` is ours. */
export function tellBreak(how: string, reason: string | null): string {
  return reason === null ? how : `${how} (its model server says "${reason}")`;
}

function quote(reason: string | null): string {
  return reason === null ? '' : `: "${reason}"`;
}
