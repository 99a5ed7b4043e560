import { useState, type FormEvent } from 'react'
import { Link } from 'react-router'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personOf } from '../session/session-state.ts'
import { useAuthPolicy } from '../session/use-auth-policy.ts'
import { buttonClass } from '../ui/Button.tsx'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { Field } from '../ui/Field.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'
import { accountFaults, LEAST_PASSWORD_LENGTH } from './account-faults.ts'
import { AccountPage } from './AccountPage.tsx'
import { LeavingAlert } from './LeavingAlert.tsx'
import { PasswordField } from './PasswordField.tsx'
import { useAccountForm } from './use-account-form.ts'

/** `/signup` */
export function SignUpPage() {
  const { session } = useApp()
  const state = useSessionState()
  const form = useAccountForm()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const policy = useAuthPolicy()
  usePageTitle('Create an account')

  function submit(event: FormEvent): void {
    event.preventDefault()
    void form.submit(accountFaults({ email, password, name }), () =>
      session.signUp({ email: email.trim(), password, name: name.trim() }),
    )
  }

  // Without guests, nobody new can be given a role either.
  const noneNew = policy?.signup === 'invited' && policy.guests === 'off' && state.kind === 'nobody'
  if (policy?.signup === 'closed' || noneNew) {
    return (
      <AccountPage
        title="No new accounts"
        lead="This server makes no new accounts. If you need one, ask whoever runs it."
      >
        <Link className={buttonClass('primary')} to={`/signin${form.search}`}>
          Sign in
        </Link>
      </AccountPage>
    )
  }

  return (
    <AccountPage
      title="Create an account"
      lead={
        state.kind !== 'ended' && personOf(state)?.isGuest
          ? 'The boards that you made here as a guest become yours, on every device.'
          : 'Reach your boards from any device.'
      }
    >
      <form className="account-form" noValidate onSubmit={submit}>
        {policy?.signup === 'invited' && (
          <p className="account-note">
            Accounts here are for people who were invited: come in by the link of a board, and ask its owner to give you
            a role there, under Share.
          </p>
        )}
        <LeavingAlert />
        <Alert text={form.error} />
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          required
          maxLength={80}
          value={name}
          hint="Others see it beside your cursor."
          error={form.fields['name']}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          required
          maxLength={254}
          value={email}
          error={form.fields['email']}
          onChange={(event) => setEmail(event.target.value)}
        />
        <PasswordField
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          hint={`At least ${LEAST_PASSWORD_LENGTH} characters. A few words in a row are good.`}
          error={form.fields['password']}
        />
        <Button type="submit" look="primary" busy={form.busy}>
          Create account
        </Button>
      </form>
      <p className="account-other">
        You have an account? <Link to={`/signin${form.search}`}>Sign in</Link>
      </p>
    </AccountPage>
  )
}
