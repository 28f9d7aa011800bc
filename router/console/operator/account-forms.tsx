// What an operator may do to one account, as forms.
import type { Context } from 'hono';
import { ROLES } from '../../../schema/key-rights.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { Sheet } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import { CreditFields } from '../credit-form.tsx';
import type { ConsoleEnv } from '../visit.ts';
import { segment } from './pieces.tsx';
import { ACCOUNT_WORDS } from './words-accounts.ts';

interface ActsProps {
  readonly c: Context<ConsoleEnv>;
  readonly accountId: string;
  readonly csrf: string;
  /** Null where nobody can tell now. */
  readonly isSponsor: boolean | null;
  readonly locale: Locale;
}

export function AccountActs({ c, accountId, csrf, isSponsor, locale }: ActsProps) {
  const words = ACCOUNT_WORDS[locale];
  const at = `/console/operator/accounts/${segment(accountId)}`;
  return (
    <>
      <GrantForm at={at} csrf={csrf} c={c} locale={locale} />
      <MemberForm at={at} csrf={csrf} locale={locale} />
      {isSponsor !== null && (
        <Sheet title={words.sponsor}>
          <ActForm csrf={csrf} action={`${at}/sponsor`}>
            <p>{words.sponsorTold}</p>
            <input type="hidden" name="is_sponsor" value={isSponsor ? 'no' : 'yes'} />
            <button class="quiet">{isSponsor ? words.sponsorOff : words.sponsorOn}</button>
          </ActForm>
        </Sheet>
      )}
      <Sheet title={words.disable}>
        <p>{words.disableTold}</p>
        <p>
          <a href={`${at}/disable`}>{words.disable}</a>
        </p>
      </Sheet>
    </>
  );
}

interface FormProps {
  readonly at: string;
  readonly csrf: string;
  readonly locale: Locale;
}

function GrantForm({ at, csrf, c, locale }: FormProps & Pick<ActsProps, 'c'>) {
  const words = ACCOUNT_WORDS[locale];
  return (
    <Sheet title={words.grant}>
      <ActForm csrf={csrf} action={`${at}/credit`}>
        <CreditFields c={c} mustEnd={false} />
        <button>{words.grantGo}</button>
      </ActForm>
    </Sheet>
  );
}

function MemberForm({ at, csrf, locale }: FormProps) {
  const words = ACCOUNT_WORDS[locale];
  const labels = { owner: words.owner, member: words.memberRole, viewer: words.viewer };
  return (
    <Sheet title={words.newMember}>
      <ActForm csrf={csrf} action={`${at}/links`}>
        <p>{words.newMemberHelp}</p>
        <TextField name="name" label={words.name} isRequired attributes={{ maxlength: '100' }} />
        <SelectField
          name="role"
          label={words.role}
          help={words.roleHelp}
          choices={ROLES.map((value) => ({ value, label: labels[value] }))}
          value="owner"
        />
        <button class="quiet">{words.newMemberGo}</button>
      </ActForm>
    </Sheet>
  );
}
