// Owns: `token add`: a new token, or a client certificate, of one role at the node of a home.
import { ConsiliumError } from '@consilium/core';
import type { AccessEntry } from '@consilium/node/own-home';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { TOKEN_DAYS_MAX } from '../limits.ts';
import { fields, time } from '../print/text.ts';
import { certificateHash } from '../setup/certificate.ts';
import { pathOf, readText, SECRET_MODE, writeNew } from '../setup/files.ts';
import { accessFileOf } from '../setup/own-access.ts';
import { addHomeOption } from '../setup/own-node.ts';
import { integerOf, oneOf, usage } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly role?: string;
  readonly name?: string;
  readonly days?: string;
  readonly out?: string;
  readonly certificate?: string;
}

const DAY_MS = 86_400_000;

export const registerTokenAdd: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'add',
      summary:
        'let a person or system use the API of a node in one role, by a new token or a client certificate',
      examples: [
        'npx consilium token add --home /var/lib/consilium --role submitter --name emr --days 365 --out emr.token',
        'npx consilium token add --home /var/lib/consilium --role auditor --name auditor --certificate auditor.pem',
      ],
    },
    (command) =>
      addHomeOption(command)
        .option('--role <role>', 'reader, submitter (reads too), auditor (reads too) or operator (all)')
        .option('--name <name>', 'of the person or system: it stands in the admin log')
        .option('--days <days>', 'how long it counts (else until it is removed)')
        .option('--out <file>', 'write the token there (0600) instead of printing it')
        .option('--certificate <file>', 'no token: this client certificate (PEM), for api.auth = "mtls"'),
    async (_arguments, options) => {
      const { token, entry } = await added(place.io, options);
      const until = entry.expiresAt === null ? 'it is removed' : time(entry.expiresAt);
      const shown = token !== undefined && options.out === undefined;
      return {
        data: { ...entry, ...(shown && { token }) },
        lines: [
          ...fields([
            ['name', entry.name],
            ['role', entry.role],
            ['counts until', until],
          ]),
          ...(shown ? ['', `${token}`, '', 'It is shown this once; only its hash is kept.'] : []),
        ],
      };
    },
  );

interface Added {
  /** undefined: a certificate was added. */
  readonly token: string | undefined;
  readonly entry: AccessEntry;
}

async function added(io: Io, options: Options): Promise<Added> {
  const { ACCESS_ENTRIES_MAX, changeAccessFile, createToken, isAccessName, ROLES, systemRandom, tokenHash } =
    await import('@consilium/node/own-home');
  const file = await accessFileOf(io, options.home);
  const { name = '', certificate, out } = options;
  if (!isAccessName(name)) throw usage('--name must be lower-case letters, digits, and . _ @ - in between');
  const role = oneOf(ROLES, options.role ?? '', '--role');
  const token = certificate === undefined ? createToken(systemRandom) : undefined;
  const kind = token === undefined ? 'certificate' : 'token';
  const sha256 =
    token === undefined
      ? await certificateAt(pathOf(io, certificate ?? ''))
      : Buffer.from(tokenHash(token)).toString('hex');
  const entry: AccessEntry = {
    name,
    role,
    kind,
    sha256,
    createdAt: io.now(),
    expiresAt: expiryOf(io, options),
  };
  // Handed out before it counts: a token that nobody has seen would stay in the list.
  if (token !== undefined && out !== undefined) await writeNew(pathOf(io, out), `${token}\n`, SECRET_MODE);
  await changeAccessFile(file, (entries) => {
    if (entries.some((each) => each.name === name)) throw usage(`there is a token of ${name} already`);
    if (entries.length >= ACCESS_ENTRIES_MAX)
      throw new ConsiliumError('VALUE_INVALID', { entriesMax: ACCESS_ENTRIES_MAX });
    return [...entries, entry];
  });
  return { token, entry };
}

async function certificateAt(path: string): Promise<string> {
  return certificateHash(await readText(path), path);
}

function expiryOf(io: Io, { days }: Options): number | null {
  if (days === undefined) return null;
  const count = integerOf(days, '--days', 1);
  if (count > TOKEN_DAYS_MAX) throw usage(`--days must be at most ${TOKEN_DAYS_MAX}`);
  return io.now() + count * DAY_MS;
}
