# Reads one JSON string per line; prints the k related row numbers of each, padded with -1.
# The calls are those of Jekyll's RelatedPosts with `lsi: true`.
require "json"
require "classifier-reborn"

k = ARGV[0].to_i
Post = Struct.new(:row, :text) do
  def to_s = text
  def eql?(other) = equal?(other)
  def hash = row.hash
end
posts = STDIN.each_line.with_index.map { |line, row| Post.new(row, JSON.parse(line)) }
lsi = ClassifierReborn::LSI.new(auto_rebuild: false)
posts.each { |post| lsi.add_item(post) }
lsi.build_index
posts.each do |post|
  rows = lsi.find_related(post, k + 1).map(&:row) - [post.row]
  puts JSON.generate((rows + [-1] * k).first(k))
end
