// What an operator may do to one account, as forms.
import { CREDIT_PURPOSES } from '../../../schema/credit.ts';
import { ROLES } from '../../../schema/key-rights.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { Sheet } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import { segment } from './pieces.tsx';
import { ACCOUNT_WORDS } from './words-accounts.ts';

interface ActsProps {
  readonly accountId: string;
  readonly csrf: string;
  /** Of the next grant. */
  readonly eventId: string;
  /** Null where nobody can tell now. */
  readonly isSponsor: boolean | null;
  readonly locale: Locale;
}

export function AccountActs({ accountId, csrf, eventId, isSponsor, locale }: ActsProps) {
  const words = ACCOUNT_WORDS[locale];
  const at = `/console/operator/accounts/${segment(accountId)}`;
  return (
    <>
      <GrantForm at={at} csrf={csrf} eventId={eventId} locale={locale} />
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

function GrantForm({ at, csrf, eventId, locale }: FormProps & { readonly eventId: string }) {
  const words = ACCOUNT_WORDS[locale];
  const purposes = CREDIT_PURPOSES.map((value) => ({ value, label: words[value] }));
  return (
    <Sheet title={words.grant}>
      <ActForm csrf={csrf} action={`${at}/credit`}>
        <input type="hidden" name="event" value={eventId} />
        <TextField
          name="amount"
          label={words.amount}
          help={words.amountHelp}
          isRequired
          attributes={{ inputmode: 'decimal', maxlength: '20' }}
        />
        <TextField
          name="days"
          label={words.days}
          help={words.daysHelp}
          attributes={{ inputmode: 'numeric', maxlength: '4' }}
        />
        <SelectField
          name="purpose"
          label={words.purpose}
          choices={[{ value: '', label: words.anything }, ...purposes]}
          value=""
        />
        <TextField name="memo" label={words.memo} help={words.memoHelp} attributes={{ maxlength: '500' }} />
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
