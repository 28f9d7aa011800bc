import { describe, expect, test } from 'vitest';
import { makeFormWriter } from '../../schema/chunks.ts';
import { formPictures, MAX_PICTURES_CHARS } from '../../schema/pictures.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { PictureMeter } from './picture-meter.ts';

const offer = makeJobOffer();
const writer = makeFormWriter(formPictures(offer.chunk), true);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Buffer.alloc(20)]).toString('base64');
const WEBP = Buffer.from('RIFF\u0010\u0000\u0000\u0000WEBPVP8 ').toString('base64');

function meterOf(count = 1, maxTokens = 16): PictureMeter {
  return new PictureMeter(offer, { count, maxTokens });
}

/** What becomes of a piece, claimed to be so many tokens. */
function take(meter: PictureMeter, text: string, tokens = 0, more: object = {}): string {
  const events = new TextEncoder().encode(writer.content(text));
  return meter.take({ events, tokens, tokenIds: null, ...more }).kind;
}

describe('pictures of the one form', () => {
  test.each([
    ['PNG', PIXEL],
    ['JPEG', JPEG],
    ['WebP', WEBP],
  ])('%s is relayed, and is paid for once it is whole', (_name, picture) => {
    const meter = meterOf();
    expect(take(meter, picture.slice(0, 18), 16)).toBe('relay');
    expect([meter.isWhole, meter.measure().exact]).toEqual([false, 0]);
    expect(take(meter, picture.slice(18))).toBe('relay');
    expect([meter.isWhole, meter.measure().exact, meter.toldTokens, meter.frameTokens]).toEqual([true, 16, 16, 16]);
  });

  test('as many as were asked for are whole, wherever their pieces are cut', () => {
    const all = [PIXEL, JPEG, WEBP].join(',');
    for (const step of [1, 3, 17, 100]) {
      const meter = meterOf(3);
      for (let at = 0; at < all.length; at += step) expect(take(meter, all.slice(at, at + step))).toBe('relay');
      expect(meter.isWhole).toBe(true);
    }
  });
});

describe('what a home may not say', () => {
  test.each([
    ['no base64', `${PIXEL.slice(0, 20)}-`],
    ['base64 of no picture', Buffer.from('<html>this is no picture</html>').toString('base64')],
    ['a picture behind padding', `${PIXEL}AAAA`],
    ['too much padding', `${PIXEL}=`],
    ['more pictures than were asked for', `${PIXEL},${PIXEL}`],
    ['a comma before a picture', `,${PIXEL}`],
    ['a picture that is cut', `${PIXEL.slice(0, 18)},`],
  ])('%s', (_name, text) => {
    expect(take(meterOf(), text)).toBe('broken');
  });

  test('fewer pictures than were asked for are not whole', () => {
    const meter = meterOf(2);
    take(meter, PIXEL);
    expect(meter.isWhole).toBe(false);
    expect(take(meter, `,${PIXEL.slice(0, 8)}`)).toBe('relay');
    expect([meter.isWhole, meter.measure().exact]).toEqual([false, 0]);
  });

  test('more tokens than its pictures cost', () => {
    expect(take(meterOf(), PIXEL, 17)).toBe('broken');
  });

  test('thinking, calls, or events of another kind', () => {
    expect(take(meterOf(), PIXEL, 0, { isThinking: true })).toBe('broken');
    expect(take(meterOf(), PIXEL, 0, { isCalls: true })).toBe('broken');
    expect(meterOf().take({ events: new TextEncoder().encode('data: {}\n\n'), tokens: 0, tokenIds: null }).kind).toBe(
      'broken',
    );
  });

  test('more than can be kept', () => {
    const meter = meterOf();
    const piece = 'A'.repeat(1_000_000);
    expect(take(meter, PIXEL.slice(0, 16) + piece)).toBe('relay');
    for (let chars = 1_000_016; chars + piece.length <= MAX_PICTURES_CHARS; chars += piece.length)
      expect(take(meter, piece)).toBe('relay');
    expect(take(meter, piece)).toBe('broken');
  });
});
