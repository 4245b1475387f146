//! Proof at compile time that every export consists of C types.
//!
//! cbindgen writes the header from what the source looks like; this table checks what the
//! compiler sees. A signature passes if every parameter and the result have a concrete layout in
//! the sense of safer-ffi: integers, pointers to checked types, `repr(C)` structures of such, enums
//! with an integer representation, nullable function pointers of such. A `&str`, a tuple, a Rust
//! structure or an opaque type by value does not compile. Tests compare the names of the table
//! with the header and with the symbols of the shared library.

use super::{
    aggregate::*, batch::*, config::*, dump::*, error::*, function::*, inspect::*, inspection::*,
    load::*, loader::*, log::*, op::*, pattern::*, pins::*, query::*, reading::*, result::*,
    rows::*, service::*, status::*, store::*, terms::*, txn::*, update::*, version::*,
};
use safer_ffi::layout::{CType, OpaqueKind, ReprC};

/// A type with one layout that C knows.
trait Concrete {
    const SIZE_AND_ALIGN_ARE_THOSE_OF_C: ();
}

impl<T: ReprC> Concrete for T
where
    T::CLayout: CType<OPAQUE_KIND = OpaqueKind::Concrete>,
{
    const SIZE_AND_ALIGN_ARE_THOSE_OF_C: () = assert!(
        size_of::<T>() == size_of::<T::CLayout>() && align_of::<T>() == align_of::<T::CLayout>()
    );
}

/// A function that C can call.
trait Export: Copy {
    const SIGNATURE_IS_C: ();
}

macro_rules! arities {
    ($(($($argument:ident)*))*) => {$(
        impl<$($argument: Concrete,)* R: Concrete> Export
            for unsafe extern "C" fn($($argument),*) -> R
        {
            const SIGNATURE_IS_C: () = {
                $(let () = $argument::SIZE_AND_ALIGN_ARE_THOSE_OF_C;)*
                R::SIZE_AND_ALIGN_ARE_THOSE_OF_C
            };
        }
    )*};
}

arities! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}

const fn check<F: Export>(_: F) {
    F::SIGNATURE_IS_C
}

macro_rules! exports {
    ($($name:ident($($argument:tt),*);)*) => {
        $(const _: () = check($name as unsafe extern "C" fn($($argument),*) -> _);)*

        /// The names of the table.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

exports! {
    ts_version();
    ts_version_number();
    ts_abi_version();

    ts_status_count();
    ts_status_at(_);
    ts_status_name(_);
    ts_status_message(_);
    ts_status_category(_);
    ts_status_category_name(_);
    ts_status_retriable(_);

    ts_error_status(_);
    ts_error_category(_);
    ts_error_name(_);
    ts_error_message(_);
    ts_error_detail(_);
    ts_error_hint(_);
    ts_error_text(_);
    ts_error_retriable(_);
    ts_error_position(_, _);
    ts_error_free(_);

    ts_op_new();
    ts_op_cancel(_);
    ts_op_is_cancelled(_);
    ts_op_set_timeout(_, _, _);
    ts_op_progress(_, _, _);
    ts_op_set_progress(_, _, _, _, _, _);
    ts_phase_name(_);
    ts_op_free(_);

    ts_config_new();
    ts_config_preset(_, _, _, _);
    ts_config_set(_, _, _, _, _, _);
    ts_config_get(_, _, _, _, _);
    ts_config_check(_, _);
    ts_knob_count();
    ts_knob_at(_, _, _);
    ts_preset_count();
    ts_preset_at(_, _, _);
    ts_config_free(_);

    ts_log_set(_, _, _, _, _);

    ts_open(_, _, _, _, _);
    ts_open_memory(_, _, _);
    ts_recover(_, _, _, _, _);
    ts_shutdown(_, _);
    ts_close(_);
    ts_sync(_, _);
    ts_compact(_, _, _);

    ts_stats(_, _, _, _);
    ts_health(_, _, _);
    ts_check(_, _, _, _);
    ts_check_report_counts(_, _, _);
    ts_check_report_problem(_, _);
    ts_check_report_free(_);

    ts_load(_, _, _, _, _, _, _);
    ts_load_memory(_, _, _, _, _, _, _);
    ts_reply_write(_, _, _, _);
    ts_load_report_counts(_, _, _);
    ts_load_report_bad(_, _, _, _);
    ts_load_report_free(_);

    ts_loader_new(_, _, _, _, _);
    ts_loader_write(_, _, _, _);
    ts_loader_finish(_, _, _);
    ts_loader_abort(_, _);
    ts_loader_free(_);
    ts_load_reader(_, _, _, _, _, _, _);

    ts_inspect(_, _, _, _, _);
    ts_store_inspect(_, _, _, _, _, _);
    ts_inspection_read(_, _, _);
    ts_inspection_column(_, _);
    ts_inspection_json(_);
    ts_inspection_free(_);

    ts_prepare(_, _, _, _, _, _);
    ts_statement_kind(_);
    ts_statement_variable_count(_);
    ts_statement_variable(_, _);
    ts_statement_explain(_, _, _, _, _);
    ts_execute(_, _, _, _);
    ts_query(_, _, _, _, _, _, _);
    ts_statement_free(_);

    ts_set_service(_, _, _, _, _, _, _);
    ts_service_call_endpoint(_);
    ts_service_call_query(_);
    ts_service_call_remaining_ms(_);
    ts_service_call_check(_);
    ts_service_call_set_media_type(_, _, _, _);
    ts_service_call_write(_, _, _, _);
    ts_service_call_fail(_, _, _);

    ts_rows_kind(_);
    ts_rows_column_count(_);
    ts_rows_column(_, _);
    ts_rows_given(_);
    ts_rows_done(_);
    ts_rows_next(_, _, _, _, _);
    ts_rows_boolean(_, _, _, _);
    ts_rows_explain(_, _, _, _);
    ts_rows_free(_);

    ts_result_format_media_type(_);
    ts_result_format_find(_, _, _, _, _);
    ts_rows_write(_, _, _, _, _, _);
    ts_query_write(_, _, _, _, _, _, _, _, _, _);

    ts_batch_rows(_);
    ts_batch_columns(_);
    ts_batch_terms(_);
    ts_batch_index(_, _, _);
    ts_batch_term(_, _, _, _, _);
    ts_batch_term_at(_, _, _, _);
    ts_batch_data(_);
    ts_batch_free(_);

    ts_terms_new();
    ts_terms_iri(_, _, _, _, _);
    ts_terms_blank(_, _, _, _, _);
    ts_terms_literal(_, _, _, _, _, _, _, _, _, _);
    ts_terms_triple(_, _, _, _, _, _);
    ts_terms_copy(_, _, _, _, _);
    ts_terms_count(_);
    ts_terms_clear(_, _);
    ts_terms_free(_);

    ts_register_function(_, _, _, _, _, _, _, _);
    ts_unregister_function(_, _, _, _);
    ts_register_aggregate(_, _, _, _, _, _, _, _, _, _);
    ts_unregister_aggregate(_, _, _, _);

    ts_pattern_new();
    ts_pattern_require(_, _, _, _, _);
    ts_pattern_graphs(_, _, _);
    ts_pattern_view(_, _, _);
    ts_pattern_free(_);
    ts_match(_, _, _, _, _);
    ts_count(_, _, _, _, _);

    ts_dump(_, _, _, _, _, _, _, _);
    ts_dump_file(_, _, _, _, _, _, _, _);

    ts_txn_begin(_, _, _, _);
    ts_txn_insert_nquads(_, _, _, _);
    ts_txn_delete_nquads(_, _, _, _);
    ts_txn_insert(_, _, _, _, _);
    ts_txn_delete(_, _, _, _, _);
    ts_txn_blank_node(_, _, _, _, _);
    ts_txn_commit(_, _, _);
    ts_txn_rollback(_, _);
    ts_txn_free(_);
    ts_insert_nquads(_, _, _, _, _, _);
    ts_delete_nquads(_, _, _, _, _, _);
    ts_insert(_, _, _, _, _, _, _);
    ts_delete(_, _, _, _, _, _, _);

    ts_update(_, _, _, _, _, _, _);
    ts_txn_update(_, _, _, _, _, _, _, _);

    ts_txn_begin_read(_, _, _);
    ts_txn_execute(_, _, _, _, _);
    ts_txn_query(_, _, _, _, _, _, _);
    ts_txn_match(_, _, _, _, _);
    ts_txn_count(_, _, _, _, _);

    ts_pins(_, _, _);
    ts_pin_list_count(_);
    ts_pin_list_at(_, _, _, _);
    ts_pin_list_free(_);
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use std::collections::BTreeSet;

    /// Names that a declaration of the header gives, in its order.
    fn declared(header: &str) -> Vec<&str> {
        header
            .lines()
            .filter(|line| !line.starts_with([' ', '*', '/', '#']))
            .filter_map(|line| {
                let end = line.find('(')?;
                let start =
                    line[..end].rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
                Some(&line[start + 1..end])
            })
            .filter(|name| name.starts_with("ts_"))
            .collect()
    }

    #[test]
    fn the_table_holds_what_the_header_declares() {
        let header = include_str!("../../include/triplestore.h");
        let table: BTreeSet<&str> = NAMES.iter().copied().collect();
        let header: BTreeSet<&str> = declared(header).into_iter().collect();
        assert_eq!(table, header);
        assert_eq!(table.len(), NAMES.len());
    }
}
