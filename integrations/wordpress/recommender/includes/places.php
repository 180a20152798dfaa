<?php
/**
 * Where lists appear: after the content, by the shortcode, and as a block of the editor.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

/**
 * Registers the style sheet; only a list that is shown loads it.
 */
function register_style() {
	$file = dirname( __DIR__ ) . '/recommender.css';
	wp_register_style( 'recommender', plugins_url( 'recommender.css', __DIR__ ), array(), VERSION );
	wp_style_add_data( 'recommender', 'path', $file ); // Small, so WordPress writes it into the page.
}

/**
 * Registers the block "recommender/list".
 */
function register_block() {
	register_block_type( dirname( __DIR__ ) . '/block', array( 'render_callback' => __NAMESPACE__ . '\block' ) );
	wp_set_script_translations( 'recommender-list-editor-script', 'recommender' );
}

/**
 * Returns the list of a post for the page, and loads its style sheet.
 *
 * @param int   $post_id The post.
 * @param array $given   "count" and "heading", if they differ from the settings.
 * @return string HTML; empty if there is nothing to show.
 */
function placed( $post_id, $given = array() ) {
	if ( ! $post_id || is_feed() || post_password_required( $post_id ) ) {
		return '';
	}
	$given = array_filter( (array) $given, 'is_scalar' ) + settings();
	$html  = list_html( $post_id, clean_count( $given['count'] ), (string) $given['heading'] );
	if ( '' !== $html ) {
		wp_enqueue_style( 'recommender' );
	}
	return $html;
}

/**
 * Adds the list to the content of a single post, if the settings say so and nobody placed it by hand.
 *
 * @param string $content The content.
 * @return string
 */
function after_content( $content ) {
	global $page, $numpages;
	$settings = settings();
	$here     = 'content' === $settings['place']
		&& $settings['types']
		&& is_singular( $settings['types'] )
		&& in_the_loop()
		&& is_main_query()
		&& get_the_ID() === get_queried_object_id()
		&& ! doing_filter( 'get_the_excerpt' )
		&& $page >= $numpages // The last page of several.
		&& ! has_block( 'recommender/list' )
		&& ! has_shortcode( get_post()->post_content, 'recommender' );
	return $here ? $content . placed( get_the_ID() ) : $content;
}

/**
 * The shortcode: [recommender], [recommender count="4" heading="More"].
 *
 * @param array|string $given Its attributes.
 * @return string HTML.
 */
function shortcode( $given ) {
	$known = array(
		'count'   => null,
		'heading' => null,
	);
	return placed( get_the_ID(), array_filter( shortcode_atts( $known, $given ), 'is_string' ) );
}

/**
 * The block of the editor.
 *
 * @param array     $given   Its attributes.
 * @param string    $content Not used.
 * @param \WP_Block $block   The block, which knows its post.
 * @return string HTML.
 */
function block( $given, $content, $block ) {
	$post_id = isset( $block->context['postId'] ) ? (int) $block->context['postId'] : (int) get_the_ID();
	return placed( $post_id, $given );
}
