/* SPDX-License-Identifier: Apache-2.0 */
/* What we are, and the versions of what we behave like. */
#ifndef APP_VERSION_H
#define APP_VERSION_H

#define FALCO_VERSION "0.44.1"
#define LIBS_VERSION "0.25.4" /* falcosecurity/libs */
#define PLUGIN_API_VERSION "3.12.0"
#define DEFAULT_DRIVER_VERSION "10.2.0+driver"
#define CONTAINER_VERSION "0.7.1" /* the container plugin, whose fields are built in */
#endif
