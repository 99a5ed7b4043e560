import bcrypt from 'bcryptjs'

/** Hash with a cost, or compare with a hash. The password comes prehashed, as 44 characters. */
export type PasswordJob = { readonly prehash: string } & ({ readonly cost: number } | { readonly hash: string })

/** Runs one job in a worker thread: resolves the hash, or whether the password fits. */
export default async function runPasswordJob(job: PasswordJob): Promise<string | boolean> {
  return 'cost' in job ? await bcrypt.hash(job.prehash, job.cost) : await bcrypt.compare(job.prehash, job.hash)
}
