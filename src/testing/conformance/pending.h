/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h: what the library does not have yet. Cases that need it are counted as skipped. */
#ifndef WADI_TESTING_CONFORMANCE_PENDING_H
#define WADI_TESTING_CONFORMANCE_PENDING_H

/* An operator, a form of pipelines ("restart_after_batches"), a kind of tables: the table's own
 * copy of the name. NULL: it does not wait. */
const char *wadi__case_pending(const char *name);
#endif
