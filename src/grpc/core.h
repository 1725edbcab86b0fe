/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC's core, loaded when it is called for: it and what it brings along take longer to start than
 * all else together, and its threads and memory are of no use to those who do not serve it.
 */
#ifndef GRPC_CORE_H
#define GRPC_CORE_H
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#define CORE_FUNCTIONS(F)                                                                          \
	F(grpc_init)                                                                               \
	F(grpc_shutdown_blocking)                                                                  \
	F(grpc_version_string)                                                                     \
	F(grpc_completion_queue_create_for_next)                                                   \
	F(grpc_completion_queue_next)                                                              \
	F(grpc_completion_queue_shutdown)                                                          \
	F(grpc_completion_queue_destroy)                                                           \
	F(grpc_server_create)                                                                      \
	F(grpc_server_register_completion_queue)                                                   \
	F(grpc_server_add_http2_port)                                                              \
	F(grpc_server_start)                                                                       \
	F(grpc_server_request_call)                                                                \
	F(grpc_server_shutdown_and_notify)                                                         \
	F(grpc_server_cancel_all_calls)                                                            \
	F(grpc_server_destroy)                                                                     \
	F(grpc_server_credentials_release)                                                         \
	F(grpc_insecure_server_credentials_create)                                                 \
	F(grpc_ssl_server_certificate_config_create)                                               \
	F(grpc_ssl_server_credentials_create_options_using_config_fetcher)                         \
	F(grpc_ssl_server_credentials_create_with_options)                                         \
	F(grpc_call_start_batch)                                                                   \
	F(grpc_call_unref)                                                                         \
	F(grpc_call_details_init)                                                                  \
	F(grpc_call_details_destroy)                                                               \
	F(grpc_metadata_array_init)                                                                \
	F(grpc_metadata_array_destroy)                                                             \
	F(grpc_raw_byte_buffer_create)                                                             \
	F(grpc_byte_buffer_destroy)                                                                \
	F(grpc_byte_buffer_reader_init)                                                            \
	F(grpc_byte_buffer_reader_readall)                                                         \
	F(grpc_byte_buffer_reader_destroy)                                                         \
	F(grpc_slice_new_with_user_data)                                                           \
	F(grpc_slice_from_static_string)                                                           \
	F(grpc_slice_str_cmp)                                                                      \
	F(grpc_slice_unref)                                                                        \
	F(gpr_inf_future)                                                                          \
	F(gpr_set_log_function)

struct core {
#define F(name) __typeof__(&name) name;
	CORE_FUNCTIONS(F)
#undef F
};

/* Lasts for ever. NULL with a message in err: it is not there, or not as we know it. */
const struct core *core_load(char err[512]);
#endif
