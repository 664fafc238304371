/** Digests and message authentication codes, in lower-case hexadecimal. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type BuiltinSpec, defineBuiltin } from '../../builtins/define.ts';

const digest = (name: 'md5' | 'sha1' | 'sha256'): BuiltinSpec =>
  defineBuiltin({
    name: `crypto.${name}`,
    summary: `Digest ${name.toUpperCase()} of the UTF-8 bytes.`,
    args: ['string'],
    result: 'string',
    impl(text: string) {
      this.charge(text.length >> 2);
      return createHash(name).update(text, 'utf8').digest('hex');
    },
  });

const hmac = (name: 'md5' | 'sha1' | 'sha256' | 'sha512'): BuiltinSpec =>
  defineBuiltin({
    name: `crypto.hmac.${name}`,
    summary: `HMAC with ${name.toUpperCase()} of a message under a key.`,
    args: ['string', 'string'],
    result: 'string',
    impl(message: string, key: string) {
      this.charge(message.length >> 2);
      return createHmac(name, Buffer.from(key, 'utf8')).update(message, 'utf8').digest('hex');
    },
  });

export const hashes = [
  digest('md5'),
  digest('sha1'),
  digest('sha256'),
  hmac('md5'),
  hmac('sha1'),
  hmac('sha256'),
  hmac('sha512'),
  defineBuiltin({
    name: 'crypto.hmac.equal',
    summary: 'The codes are equal, compared in constant time.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(a: string, b: string) {
      const [left, right] = [Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')];
      return left.length === right.length && timingSafeEqual(left, right);
    },
  }),
];
