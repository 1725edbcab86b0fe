/* SPDX-License-Identifier: Apache-2.0 */
/* falco doctor: whether live capture works here, and what to do if it does not. */
#ifndef APP_DOCTOR_H
#define APP_DOCTOR_H

/* What stands behind "falco doctor". Prints what was found; the exit status: 0, nothing required is
 * missing. */
int app_doctor(int argc, char **argv);
#endif
