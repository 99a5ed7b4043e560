import { displayNameSchema } from '@sketchroom/shared/names'

/** The fewest characters of a password; the API says the same. */
export const LEAST_PASSWORD_LENGTH = 8

/** What is wrong with a form, by field, in words; empty when it can be sent. */
export function accountFaults(form: { email: string; password: string; name?: string }): Record<string, string> {
  const faults: Record<string, string> = {}
  if (form.name !== undefined && !displayNameSchema.safeParse(form.name).success) {
    faults['name'] = 'Enter the name that others will see, at most 80 characters.'
  }
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(form.email.trim())) {
    faults['email'] = 'Enter an e-mail address like ada@example.org.'
  }
  if (form.password === '') faults['password'] = 'Enter your password.'
  if (form.name !== undefined && form.password.length < LEAST_PASSWORD_LENGTH) {
    faults['password'] = `Use at least ${LEAST_PASSWORD_LENGTH} characters. A few words in a row are good.`
  }
  return faults
}
