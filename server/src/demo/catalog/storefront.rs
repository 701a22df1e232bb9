//! A web shop: tests in browsers, of its services, and of payments in a provider's sandbox.

use super::{Dialect, Nights, Plot, Product, Suite};
use crate::demo::api::Status;

/// The shop.
pub(super) static PRODUCT: Product = Product {
    title: "Storefront regression",
    client: "demo-storefront",
    hour: 1,
    machines: &["runner-1", "runner-2", "runner-3", "runner-4"],
    retries: true,
    starter: "ci-04",
    suites: &[
        Suite {
            prefix: "cart/",
            scripts: "add_one_article add_from_search add_bundle change_quantity remove_article \
                restore_removed_article merge_after_login survives_restart_of_browser \
                shows_delivery_costs free_delivery_above_fifty stock_shrinks_meanwhile \
                price_changes_meanwhile save_for_later maximum_quantity",
            dialect: Dialect::TypeScript,
            seconds: (10.0, 30.0),
            at_weekends: true,
            steps: &[
                "open https://staging.shop.example/",
                "put \"Enamel mug, blue\" into the cart",
                "open the cart",
                "compare positions and total",
            ],
            symptoms: &[
                "expected the cart to hold {n} articles, found none",
                "expected the total \"{n}.90 €\", found \"{n}.09 €\"",
                "timeout of 10000 ms: [data-test=cart-badge] did not change",
            ],
        },
        Suite {
            prefix: "api::orders::",
            scripts: "create create_twice_with_one_key cancel_before_shipping cancel_after_shipping \
                partial_refund full_refund split_delivery list_by_customer list_pages export_as_csv \
                webhook_on_status_change concurrent_updates unknown_article negative_quantity \
                rounding_of_vat archive_after_a_year",
            dialect: Dialect::Rust,
            seconds: (1.0, 8.0),
            at_weekends: true,
            steps: &[
                "POST /v2/orders → 201",
                "GET /v2/orders/{id} → 200",
                "POST /v2/orders/{id}/events → 202",
                "wait for the event to be processed",
            ],
            symptoms: &[
                "left: 409, right: 200: the order is locked by another request",
                "left: Shipped, right: Cancelled",
                "the webhook was not called within {n} s",
                "left: {n}.19, right: {n}.20: the total is off by a cent",
            ],
        },
        Suite {
            prefix: "checkout/",
            scripts: "guest_pays_by_card guest_pays_by_invoice guest_pays_by_bank_transfer \
                customer_pays_by_card customer_pays_by_wallet card_is_declined \
                card_needs_confirmation address_is_corrected address_abroad pickup_in_store \
                express_delivery coupon_is_applied coupon_has_expired coupon_and_gift_card_together \
                gift_wrapping order_comment vat_for_companies terms_are_required \
                back_button_keeps_the_cart double_click_orders_once session_expires_while_paying \
                out_of_stock_while_paying",
            dialect: Dialect::TypeScript,
            seconds: (18.0, 60.0),
            at_weekends: true,
            steps: &[
                "open https://staging.shop.example/",
                "put \"Linen apron\" into the cart",
                "go to the checkout",
                "fill in the address",
                "choose how to pay",
                "place the order",
                "read the order's number from the confirmation",
            ],
            symptoms: &[
                "timeout of 30000 ms: waiting for [data-test=place-order] to be enabled",
                "expected \"Thank you for your order\", found \"Something went wrong\"",
                "expected the total \"{n}.80 €\", found \"{n}.30 €\"",
                "the page logged an error: TypeError: can't read properties of undefined (reading 'iban')",
            ],
        },
        Suite {
            prefix: "classic/",
            scripts: "article_page basket login checkout_in_three_steps print_invoice gift_finder \
                newsletter store_locator compare_articles wish_list old_links_redirect feed \
                sitemap robots imprint withdrawal_form",
            dialect: Dialect::TypeScript,
            seconds: (8.0, 24.0),
            at_weekends: true,
            steps: &[
                "open https://classic.shop.example/",
                "go through the old pages",
                "compare with the screenshots of 2023",
            ],
            symptoms: &["expected the screenshots to be equal, {n} % of the pixels differ"],
        },
        Suite {
            prefix: "performance/",
            scripts: "home_page_under_load search_under_load checkout_under_load \
                import_of_100000_articles cold_start sale_begins_at_noon memory_under_soak",
            dialect: Dialect::Rust,
            seconds: (45.0, 130.0),
            at_weekends: false,
            steps: &[
                "warm up with 20 users",
                "ramp up to 400 users",
                "hold for the measurement",
                "p50 84 ms, p95 312 ms, p99 690 ms",
            ],
            symptoms: &[
                "p99 is 1{n}0 ms, allowed are 900 ms",
                "{n} of 48000 requests were answered with 502",
            ],
        },
        Suite {
            prefix: "search/",
            scripts: "by_name by_article_number with_typo with_umlauts no_results suggestions \
                facets_combine facets_on_ten_thousand_articles sort_by_price sort_by_rating \
                pages_keep_filters back_from_article recently_viewed empty_query",
            dialect: Dialect::TypeScript,
            seconds: (8.0, 35.0),
            at_weekends: true,
            steps: &[
                "open https://staging.shop.example/search",
                "type the query",
                "wait for the list",
                "compare the first page with the fixture",
            ],
            symptoms: &[
                "expected {n} articles on the first page, found 0",
                "timeout of 10000 ms: waiting for [data-test=suggestion] to appear",
                "expected \"Jar, 1 l\" before \"Jar, 2 l\", found it after",
            ],
        },
        Suite {
            prefix: "payments/",
            scripts: "card/authorise_and_capture card/capture_twice card/refund_part \
                card/refund_after_chargeback card/3d_secure_challenge card/3d_secure_timeout \
                wallet/pay wallet/cancel_in_wallet invoice/dunning_after_14_days \
                invoice/payment_by_instalments transfer/matched_by_reference transfer/wrong_amount \
                voucher/pay_rest_by_card ledger/books_balance ledger/rounding \
                payout/daily_settlement",
            dialect: Dialect::Rust,
            seconds: (8.0, 40.0),
            at_weekends: true,
            steps: &[
                "open a session in the sandbox",
                "authorise 42.00 EUR",
                "capture 42.00 EUR",
                "wait for the notification",
                "compare the ledger",
            ],
            symptoms: &[
                "left: \"pending\", right: \"captured\": no notification within {n} s",
                "the ledger is off by {n}.00 EUR",
                "the sandbox answered 422: reference is not unique",
            ],
        },
        Suite {
            prefix: "account/",
            scripts: "sign_up sign_up_with_known_address sign_in sign_in_with_wrong_password \
                sign_in_with_second_factor sign_out_everywhere forgotten_password change_of_address \
                change_of_email order_history invoice_as_pdf return_an_article delete_account \
                newsletter_opt_in wish_list_is_shared",
            dialect: Dialect::TypeScript,
            seconds: (12.0, 40.0),
            at_weekends: true,
            steps: &[
                "open https://staging.shop.example/account",
                "sign in as a customer made for this run",
                "change what is to be changed",
                "sign out and in again",
            ],
            symptoms: &[
                "expected to be at /account, found /sign-in?expired=1",
                "timeout of 30000 ms: no mail with the subject \"Your code\" arrived",
                "expected {n} orders in the history, found 0",
            ],
        },
        Suite {
            prefix: "api::catalog::",
            scripts: "import_full import_delta import_with_broken_row prices_by_country \
                prices_by_customer_group images_are_resized variants_share_stock \
                discontinued_article reserved_stock_expires categories_move slugs_are_unique \
                full_text_index_follows cache_is_purged bulk_update_of_prices",
            dialect: Dialect::Rust,
            seconds: (1.5, 7.0),
            at_weekends: true,
            steps: &[
                "load the fixture with 1200 articles",
                "PUT /v2/catalog/import → 202",
                "wait for the import",
                "GET /v2/catalog/articles → 200",
            ],
            symptoms: &[
                "left: 1200, right: 11{n}: articles are missing after the import",
                "the index is {n} revisions behind",
                "left: 500, right: 200",
            ],
        },
        Suite {
            prefix: "accessibility/",
            scripts: "keyboard_only_checkout screen_reader_labels contrast_of_both_themes \
                focus_order_in_dialogs zoom_at_400_percent reduced_motion skip_links \
                form_errors_are_announced",
            dialect: Dialect::TypeScript,
            seconds: (20.0, 50.0),
            at_weekends: false,
            steps: &[
                "open https://staging.shop.example/",
                "audit the home page",
                "audit an article",
                "audit the checkout",
            ],
            symptoms: &[
                "{n} elements have a contrast below 4.5:1",
                "expected the focus on [data-test=close], found it on <body>",
            ],
        },
        Suite {
            prefix: "api::customers::",
            scripts: "create merge_duplicates export_of_personal_data erasure_of_personal_data \
                consent_history address_validation password_policy token_rotation rate_limit \
                audit_trail",
            dialect: Dialect::Rust,
            seconds: (1.0, 6.0),
            at_weekends: true,
            steps: &[
                "POST /v2/customers → 201",
                "PATCH /v2/customers/{id} → 200",
                "GET /v2/customers/{id}/history → 200",
            ],
            symptoms: &[
                "left: 429, right: 200: the limit was reached after {n} requests",
                "the export lacks the table consents",
            ],
        },
        Suite {
            prefix: "mail/",
            scripts: "order_confirmation shipping_notice return_label password_reset \
                newsletter_double_opt_in invoice_attachment unicode_in_names bounce_is_recorded",
            dialect: Dialect::Rust,
            seconds: (3.0, 12.0),
            at_weekends: true,
            steps: &[
                "empty the mailbox of the run",
                "cause the mail",
                "wait for the mail",
                "compare it with the template",
            ],
            symptoms: &[
                "no mail within {n} s",
                "the subject is \"=?utf-8?Q?Ihre_Bestellung\", which nobody decoded",
            ],
        },
    ],
    plots: &[
        Plot::Flaky {
            script: "search/suggestions",
            once_in: 3,
        },
        Plot::Flaky {
            script: "account/sign_in_with_second_factor",
            once_in: 4,
        },
        Plot::Flaky {
            script: "api::orders::webhook_on_status_change",
            once_in: 5,
        },
        Plot::Flaky {
            script: "payments/card/3d_secure_timeout",
            once_in: 7,
        },
        Plot::Flaky {
            script: "checkout/card_needs_confirmation",
            once_in: 10,
        },
        Plot::Flaky {
            script: "cart/survives_restart_of_browser",
            once_in: 8,
        },
        Plot::Broken {
            script: "checkout/coupon_and_gift_card_together",
            nights: Nights::since(5),
            symptom: "expected the total \"84.90 €\", found \"89.90 €\": the gift card is taken off first",
        },
        Plot::Broken {
            script: "api::customers::token_rotation",
            nights: Nights::since(0),
            symptom: "left: 401, right: 200: the old token ended before the new one began",
        },
        Plot::Broken {
            script: "payments/voucher/pay_rest_by_card",
            nights: Nights::since(0),
            symptom: "left: 42.00, right: 17.00: the card is charged as if there were no voucher",
        },
        Plot::Broken {
            script: "mail/unicode_in_names",
            nights: Nights::until(1),
            symptom: "left: \"Dear Zo?\", right: \"Dear Zoë\"",
        },
        Plot::Broken {
            script: "account/wish_list_is_shared",
            nights: Nights::between(8, 1),
            symptom: "expected to be at /wish-list/shared, found /404",
        },
        Plot::Slower {
            script: "search/facets_on_ten_thousand_articles",
            since: 0,
            times: 1.9,
        },
        Plot::Creeping {
            script: "api::catalog::import_full",
            times: 1.025,
        },
        Plot::Only {
            prefix: "account/wish_list_is_shared",
            nights: Nights::since(8),
        },
        Plot::Only {
            prefix: "cart/maximum_quantity",
            nights: Nights::since(0),
        },
        Plot::Skipped {
            script: "api::orders::archive_after_a_year",
            reason: "needs a clock that can be moved: SHOP-1187",
        },
        Plot::Skipped {
            script: "payments/invoice/payment_by_instalments",
            reason: "instalments are switched off on staging",
        },
        Plot::Incident {
            nights: Nights::until(19),
            prefixes: &["account/", "cart/", "checkout/", "search/"],
            share: 0.6,
            status: Status::Fail,
            symptom: "the click was caught by <div class=\"consent-banner\">, which covers the page",
        },
        Plot::Incident {
            nights: Nights::between(13, 12),
            prefixes: &["classic/"],
            share: 1.0,
            status: Status::Error,
            symptom: "net::ERR_NAME_NOT_RESOLVED at https://classic.shop.example/",
        },
        Plot::Only {
            prefix: "classic/",
            nights: Nights::until(12),
        },
        Plot::Incident {
            nights: Nights::between(6, 6),
            prefixes: &["payments/"],
            share: 1.0,
            status: Status::Block,
            symptom: "503 Service Unavailable from https://sandbox.payments.example",
        },
        Plot::Incomplete {
            night: 2,
            machine: "runner-4",
        },
    ],
};
