import { useState, type FormEvent } from 'react'
import { Link } from 'react-router'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personOf } from '../session/session-state.ts'
import { useAuthPolicy } from '../session/use-auth-policy.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { Field } from '../ui/Field.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'
import { accountFaults } from './account-faults.ts'
import { AccountPage } from './AccountPage.tsx'
import { LeavingAlert } from './LeavingAlert.tsx'
import { PasswordField } from './PasswordField.tsx'
import { useAccountForm } from './use-account-form.ts'

/** `/signin` */
export function SignInPage() {
  const { session } = useApp()
  const state = useSessionState()
  const form = useAccountForm()
  const policy = useAuthPolicy()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  usePageTitle('Sign in')

  function submit(event: FormEvent): void {
    event.preventDefault()
    void form.submit(accountFaults({ email, password }), () => session.signIn({ email: email.trim(), password }))
  }

  return (
    <AccountPage
      title="Welcome back"
      lead={
        state.kind !== 'ended' && personOf(state)?.isGuest
          ? 'Sign in, and the boards that you made here as a guest come with you.'
          : 'Sign in to reach your boards from this browser.'
      }
    >
      <form className="account-form" noValidate onSubmit={submit}>
        <LeavingAlert />
        <Alert text={form.error} />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          required
          value={email}
          error={form.fields['email']}
          onChange={(event) => setEmail(event.target.value)}
        />
        <PasswordField
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          error={form.fields['password']}
        />
        <Button type="submit" look="primary" busy={form.busy}>
          Sign in
        </Button>
      </form>
      <p className="account-other">
        {policy?.signup === 'closed' ? (
          'No account yet? Ask whoever runs this server.'
        ) : (
          <>
            No account yet? <Link to={`/signup${form.search}`}>Create one</Link>
          </>
        )}
      </p>
    </AccountPage>
  )
}
